import { GenericContainer } from "testcontainers";

/** A container with a read-only file system except for mounts, and without swap. */
export class ReadOnlyContainer extends GenericContainer {
  /** @param memory its limit in MiB, or a cgroup with a limit */
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
