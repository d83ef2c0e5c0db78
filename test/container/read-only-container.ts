import { GenericContainer } from "testcontainers";

/** With nothing writable but what is mounted, and no swap to go to when its memory is used up. */
export class ReadOnlyContainer extends GenericContainer {
  /** @param memory its own limit, MiB, or the cgroup that has one */
  constructor(image: string, memory: number | { readonly cgroup: string }) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    if (typeof memory === "object") {
      this.hostConfig.CgroupParent = memory.cgroup;
      return;
    }
    this.hostConfig.Memory = memory * 1024 * 1024;
    this.hostConfig.MemorySwap = this.hostConfig.Memory;
  }

  /** @param cpus may be a fraction */
  withCpus(cpus: number): this {
    this.hostConfig.NanoCpus = Math.round(cpus * 1e9);
    return this;
  }
}
