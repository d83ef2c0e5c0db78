import { availableParallelism, cpus, loadavg } from "node:os";
import sharp from "sharp";

/** The machine of a measurement. */
export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly platform: string;
  readonly node: string;
  readonly sharp: string;
  readonly libvips: string;
  /** The load average of the minute before the bench. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    cpus: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? "unknown",
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    sharp: sharp.versions.sharp ?? "unknown",
    libvips: sharp.versions.vips,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** The machine in one line of a table. */
export function machineLine(machine: Machine): string {
  const { cpus: count, model, load, platform, node, libvips } = machine;
  return `${count} CPUs (${model}), load ${load} before; ${platform}, Node ${node}, sharp ${machine.sharp} (libvips ${libvips})`;
}
