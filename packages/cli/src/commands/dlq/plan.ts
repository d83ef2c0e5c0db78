import type { DeadLetter } from "@imagefleet/core/queue";
import { groupBy } from "../../dead-letters/tally.ts";
import { present } from "../../present.ts";
import { ago, thousands } from "../../terminal/format.ts";

/** What a change is about, in JSON. */
export function planJson(due: readonly DeadLetter[]) {
  const { lanes, oldest, newest } = allOf(due);
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    due: due.length,
    lanes,
    redrivenBefore: redrivenBefore(due),
    oldest: time(oldest),
    newest: time(newest),
  };
}

/** The same in a line: `9 in the small lane, 3 in the large lane, 2 redriven before, last attempts …`. */
export function planText(due: readonly DeadLetter[], now: number): string {
  const { lanes, oldest = now, newest = now } = allOf(due);
  const again = redrivenBefore(due);
  const [first, last] = [ago(oldest, now), ago(newest, now)];
  return present(
    lanes.small > 0 && `${thousands(lanes.small)} in the small lane`,
    lanes.large > 0 && `${thousands(lanes.large)} in the large lane`,
    again > 0 && `${thousands(again)} redriven before`,
    first === last ? `last attempted ${first}` : `last attempted from ${first} to ${last}`,
  ).join(", ");
}

function allOf(due: readonly DeadLetter[]) {
  const [all] = groupBy(due, () => "");
  return { lanes: all?.lanes ?? { small: 0, large: 0 }, oldest: all?.oldest, newest: all?.newest };
}

function redrivenBefore(due: readonly DeadLetter[]): number {
  return due.filter(({ redriveCount }) => redriveCount > 0).length;
}
