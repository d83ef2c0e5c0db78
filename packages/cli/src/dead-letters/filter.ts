import { matchesGlob } from "node:path";
import type { DeadLetterReason, Lane } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";

/** Which dead letters are meant: those that meet all that is said. Times are ms since the epoch. */
export interface DeadLetterFilter {
  readonly ids?: readonly string[] | undefined;
  readonly reasons?: readonly DeadLetterReason[] | undefined;
  readonly lane?: Lane | undefined;
  /** As a shell's: `*` within a folder, `**` through folders. */
  readonly key?: string | undefined;
  readonly olderThan?: number | undefined;
  readonly newerThan?: number | undefined;
  readonly minReceives?: number | undefined;
}

export function matches(deadLetter: DeadLetter, filter: DeadLetterFilter): boolean {
  const { ids, reasons, lane, key, olderThan, newerThan, minReceives } = filter;
  return (
    (ids === undefined || ids.some((id) => deadLetter.id.startsWith(id))) &&
    (reasons === undefined || reasons.includes(deadLetter.reason)) &&
    (lane === undefined || deadLetter.lane === lane) &&
    (key === undefined ||
      (deadLetter.source !== undefined && matchesGlob(deadLetter.source.key, key))) &&
    (olderThan === undefined || deadLetter.lastAttemptAt < olderThan) &&
    (newerThan === undefined || deadLetter.lastAttemptAt >= newerThan) &&
    (minReceives === undefined || (deadLetter.receiveCount ?? 0) >= minReceives)
  );
}

/** Is anything said? */
export function isNarrow({ lane: _lane, ...filter }: DeadLetterFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** The filter in words, as a condition on dead letters: ` of SourceCorrupt, under 2024/**`. */
export function filterText(filter: DeadLetterFilter): string {
  const parts = [
    ...(filter.reasons ? [`of ${filter.reasons.join(" or ")}`] : []),
    ...(filter.lane ? [`in the ${filter.lane} lane`] : []),
    ...(filter.key === undefined ? [] : [`of keys like ${filter.key}`]),
    ...(filter.ids ? [`with the id ${filter.ids.join(" or ")}`] : []),
    ...(filter.olderThan === undefined
      ? []
      : [`last tried before ${new Date(filter.olderThan).toISOString()}`]),
    ...(filter.newerThan === undefined
      ? []
      : [`last tried since ${new Date(filter.newerThan).toISOString()}`]),
    ...(filter.minReceives === undefined ? [] : [`received ${filter.minReceives} times or more`]),
  ];
  return parts.length === 0 ? "" : ` ${parts.join(", ")}`;
}
