import type { Transfer } from "../../plan/index.ts";
import { hlgScene, PQ_PEAK, pqLight } from "./tone.ts";

/**
 * The light of a sample of 0 to 1: 0 to 1 for SDR and the scene of HLG, a share of the peak for PQ.
 */
export function lightOf(transfer: Transfer): (signal: number) => number {
  switch (transfer.kind) {
    case "pq":
      return (signal) => pqLight(signal) / PQ_PEAK;
    case "hlg":
      return hlgScene;
    case "table":
      return (signal) => between(transfer.lights, signal);
    case "gamma":
      return (signal) => signal ** transfer.gamma;
    case "smpte240":
      return (signal) =>
        signal < 0.0913 ? signal / 4 : ((signal + 0.1115) / 1.1115) ** (1 / 0.45);
    default:
      return (signal) => (signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4);
  }
}

/** Interpolates linearly in a list of values, at a position of 0 to 1. */
export function between(values: readonly number[], share: number): number {
  const at = Math.min(1, Math.max(0, share)) * (values.length - 1);
  const [low, high] = [values[Math.floor(at)] ?? 0, values[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at % 1);
}
