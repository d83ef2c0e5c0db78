import { REJECTED_REASONS } from "@imagefleet/core/outcome";
import { ago, thousands } from "../terminal/format.ts";
import type { Canvas, Column } from "../terminal/table.ts";
import type { Group } from "./tally.ts";

export function reasonColumn({ paint }: Pick<Canvas, "paint">): Column<Group> {
  return {
    title: "reason",
    cell: ({ name }) => name,
    paint: (text, { name }) =>
      paint(REJECTED_REASONS.some((reason) => reason === name) ? "yellow" : "red", text),
  };
}

/** How many dead letters a group has, and since when. */
export function sizeColumns(
  now: number,
): [size: Column<Group>, oldest: Column<Group>, newest: Column<Group>] {
  return [
    {
      title: "dead letters",
      align: "right",
      cell: ({ deadLetters }) => thousands(deadLetters),
    },
    { title: "oldest", cell: ({ oldest }) => ago(oldest, now) },
    { title: "newest", cell: ({ newest }) => ago(newest, now) },
  ];
}
