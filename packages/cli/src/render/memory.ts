import { totalmem } from "node:os";
import type { Lane } from "@imagefleet/core/outcome";

const MIB = 1024 * 1024;

/** The part of this machine's memory that one large source may take. */
const USABLE = 0.5;

/**
 * What one job may take of memory, in bytes, for each lane. Small: about what a function of 2,048 MiB
 * has for one of two jobs at once, so that the lane told here is the one it would take in the cloud.
 */
export const JOB_BYTES: Readonly<Record<Lane, number>> = {
  small: 512 * MIB,
  large: Math.max(512 * MIB, Math.floor(totalmem() * USABLE)),
};
