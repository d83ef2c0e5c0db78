import * as v from "valibot";
import { wholeNumber } from "../terminal/duration.ts";
import type { MaxDepth } from "./depth.ts";

export const maxDepthSchema = v.union([v.number(), v.literal("auto")]);

/** @throws InvalidArgumentError */
export function maxDepthOf(text: string): MaxDepth {
  if (text === "auto") return text;
  return wholeNumber(0)(text) || Number.POSITIVE_INFINITY;
}
