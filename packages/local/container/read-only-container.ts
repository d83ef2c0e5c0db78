import { GenericContainer } from "testcontainers";

/** With nothing writable but what is mounted, and no swap to go to when its memory is used up. */
export class ReadOnlyContainer extends GenericContainer {
  constructor(image: string, memoryMib: number) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.hostConfig.Memory = memoryMib * 1024 * 1024;
    this.hostConfig.MemorySwap = this.hostConfig.Memory;
  }

  /** @param cpus may be a fraction */
  withCpus(cpus: number): this {
    this.hostConfig.NanoCpus = Math.round(cpus * 1e9);
    return this;
  }
}
