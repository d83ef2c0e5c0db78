import { totalmem } from "node:os";
import type { Lane } from "@imagefleet/core/outcome";
import { FUNCTION_BYTES, functionMemory } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";

const MIB = 1024 * 1024;

/** The part of this machine's memory that one large source may take. */
const USABLE = 0.5;

/** The jobs that a function of FUNCTION_BYTES renders at once: it has two vCPUs. */
const RENDERS = 2;

/**
 * What one job may take of memory, in bytes, for each lane. Small: what the function has for it, so
 * that the lane told here is the one it takes in the cloud.
 */
export function jobBytes(recipe: Recipe): Readonly<Record<Lane, number>> {
  const sourceBytes = recipe.lanes.smallBytes;
  const options = { functionBytes: FUNCTION_BYTES, sourceBytes, renders: RENDERS };
  return {
    small: functionMemory(options).renderBytes,
    large: Math.max(512 * MIB, Math.floor(totalmem() * USABLE)),
  };
}
