import { totalmem } from "node:os";
import type { Lane } from "@imagefleet/core/outcome";
import { FUNCTION_BYTES, functionMemory } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";

const MIB = 1024 * 1024;

/** The share of this machine's memory that one large source may take. */
const USABLE = 0.5;

/** The concurrent renders of a function of FUNCTION_BYTES, which has two vCPUs. */
const RENDERS = 2;

/**
 * The memory for one job of each lane, in bytes. For the small lane it is that of the function, so that
 * a source has the same lane here as on AWS.
 */
export function jobBytes(recipe: Recipe): Readonly<Record<Lane, number>> {
  const sourceBytes = recipe.lanes.smallBytes;
  const options = { functionBytes: FUNCTION_BYTES, sourceBytes, renders: RENDERS };
  return {
    small: functionMemory(options).renderBytes,
    large: Math.max(512 * MIB, Math.floor(totalmem() * USABLE)),
  };
}
