import { many } from "../../terminal/format.ts";
import { printable } from "../../terminal/printable.ts";
import type { Skipped } from "./walk.ts";

/** The most names that are printed. */
const MOST_NAMES = 3;

interface Found {
  readonly sources: readonly unknown[];
  readonly skipped: Skipped;
  readonly outside: readonly string[];
}

/** One line: the number of images, what was skipped, which links were followed. */
export function foundText({ sources, skipped, outside }: Found): string {
  return [many(sources.length, "image"), besideText({ skipped, outside })]
    .filter((text) => text !== "")
    .join("; ");
}

/** The same without the number of images; empty when there is nothing to report. */
export function besideText({ skipped, outside }: Omit<Found, "sources">): string {
  const links = `followed ${many(outside.length, "link")} out of the folder (${names(outside)})`;
  return [skippedText(skipped), outside.length === 0 ? "" : links]
    .filter((text) => text !== "")
    .join("; ");
}

/** What was skipped, and why; empty when nothing was. */
export function skippedText({ others, hidden, specials, out, outputs }: Skipped): string {
  const parts = [
    { paths: others, what: `${many(others.length, "file")} not named like an image` },
    { paths: hidden, what: `${hidden.length} hidden` },
    {
      paths: specials,
      what: many(specials.length, "pipe, socket or device", "pipes, sockets and devices"),
    },
    { paths: out, what: "the --out folder within" },
    {
      paths: outputs,
      what: many(outputs.length, "folder of renditions", "folders of renditions"),
    },
  ].flatMap(({ paths, what }) => (paths.length === 0 ? [] : [`${what} (${names(paths)})`]));
  const last = parts.pop();
  if (last === undefined) return "";
  return `skipped ${parts.length === 0 ? last : `${parts.join(", ")} and ${last}`}`;
}

function names(paths: readonly string[]): string {
  const first = paths.slice(0, MOST_NAMES).map(printable);
  return [...first, ...(paths.length > MOST_NAMES ? ["…"] : [])].join(", ");
}
