import { matchesGlob } from "node:path";
import { type DeadLetterReason, LANES, type Lane } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";
import { printable } from "../terminal/printable.ts";
import { messageName } from "./message-name.ts";

/** A dead letter matches when it meets every condition that is set. Times are ms since the epoch. */
export interface DeadLetterFilter {
  readonly ids?: readonly string[] | undefined;
  readonly reasons?: readonly DeadLetterReason[] | undefined;
  readonly lane?: Lane | undefined;
  /** The name of the message, of `messageName`. */
  readonly message?: string | undefined;
  readonly source?: { readonly bucket: string; readonly key: string } | undefined;
  /** A glob: `*` matches within a folder, `**` across folders. */
  readonly key?: string | undefined;
  readonly olderThan?: number | undefined;
  readonly newerThan?: number | undefined;
  readonly minReceives?: number | undefined;
}

export function matches(deadLetter: DeadLetter, filter: DeadLetterFilter): boolean {
  const { ids, reasons, lane, source, message, key, olderThan, newerThan, minReceives } = filter;
  return (
    (ids === undefined || ids.some((id) => deadLetter.id.startsWith(id))) &&
    (reasons === undefined || reasons.includes(deadLetter.reason)) &&
    (lane === undefined || deadLetter.lane === lane) &&
    (message === undefined || messageName(deadLetter.message) === message) &&
    (source === undefined ||
      (deadLetter.source?.bucket === source.bucket && deadLetter.source.key === source.key)) &&
    (key === undefined ||
      (deadLetter.source !== undefined && matchesGlob(deadLetter.source.key, key))) &&
    (olderThan === undefined || deadLetter.lastAttemptAt < olderThan) &&
    (newerThan === undefined || deadLetter.lastAttemptAt >= newerThan) &&
    (minReceives === undefined || (deadLetter.receiveCount ?? 0) >= minReceives)
  );
}

/** The lanes whose dead letters can match. */
export function lanesOf({ lane }: DeadLetterFilter): readonly Lane[] {
  return lane === undefined ? LANES : [lane];
}

/** True when the filter has a condition other than the lane. */
export function isNarrow({ lane: _lane, ...filter }: DeadLetterFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** The filter in words, to follow "dead letters": ` with reason SourceCorrupt, with keys like 2024/**`. */
export function filterText(filter: DeadLetterFilter): string {
  const parts = [
    ...(filter.reasons ? [`with reason ${filter.reasons.join(" or ")}`] : []),
    ...(filter.lane ? [`in the ${filter.lane} lane`] : []),
    ...(filter.message === undefined ? [] : [`with the message ${printable(filter.message)}`]),
    ...(filter.key === undefined ? [] : [`with keys like ${filter.key}`]),
    ...(filter.ids ? [`with id ${filter.ids.join(" or ")}`] : []),
    ...(filter.olderThan === undefined
      ? []
      : [`last attempted before ${new Date(filter.olderThan).toISOString()}`]),
    ...(filter.newerThan === undefined
      ? []
      : [`last attempted since ${new Date(filter.newerThan).toISOString()}`]),
    ...(filter.minReceives === undefined ? [] : [`received ${filter.minReceives} times or more`]),
  ];
  return parts.length === 0 ? "" : ` ${parts.join(", ")}`;
}
