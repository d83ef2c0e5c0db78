import { Option } from "@commander-js/extra-typings";
import { wholeNumber } from "../terminal/duration.ts";
import type { MaxDepth } from "./depth.ts";

/** @param only when the option applies: `with --repair: ` */
export function maxDepthOption(only = "") {
  const what = `${only}send only while fewer messages wait in a lane; 0: no limit`;
  return new Option("--max-depth <number>", what)
    .argParser(maxDepthOf)
    .default<MaxDepth>("auto", "auto: as few as keep the fleet busy");
}

function maxDepthOf(text: string): MaxDepth {
  if (text === "auto") return text;
  return wholeNumber(0)(text) || Number.POSITIVE_INFINITY;
}
