import { DEAD_LETTER_ADVICE, WORTH_REDRIVING } from "../../dead-letters/advice.ts";
import { shellWord } from "../../invocation.ts";
import { printable, printableJson } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import type { Picture, PictureOptions, Step } from "./picture.ts";

export function nextSteps(
  { looked, judgement, deadLetters = [] }: Picture,
  { isRecipeNamed, recipe }: Pick<PictureOptions, "isRecipeNamed" | "recipe">,
  { command }: Pick<Screen, "command">,
): Step[] {
  const { key, stored } = looked;
  const { state, renditions } = judgement;
  const has = (wanted: string) => renditions.some((each) => each.state === wanted);
  const by = isRecipeNamed ? ` --recipe ${shellWord(recipe)}` : "";
  // JSON has no character that a terminal acts on, and names this source and no other.
  const render = (more = "") =>
    `printf '%s\\n' ${shellWord(printableJson({ key }))} | ${command(`reprocess --from - --format ndjson --yes${more}${by}`)}`;
  const repair = (what: string): Step => ({ what, command: command(`audit --repair${by}`) });
  const steps: Step[] = [];
  for (const { id, reason } of deadLetters) {
    steps.push({
      what: `look at its dead letter (${DEAD_LETTER_ADVICE[reason]})`,
      command: command(`dlq show ${id}`),
    });
    if (WORTH_REDRIVING.includes(reason)) {
      steps.push({ what: "send the dead letter again", command: command(`dlq redrive ${id}`) });
    }
  }
  if (state === "stale" || state === "unmade") {
    steps.push({ what: "render it", command: render() });
  }
  if (state === "rejected") {
    steps.push({ what: "render it again, after the cause is fixed", command: render(" --force") });
  }
  if (state === "waiting")
    steps.push({ what: "watch the lanes", command: command("status --watch") });
  if (state === "incomplete" && has("left-over")) {
    steps.push(repair("repair it, and every other incomplete source"));
  } else if (state === "incomplete") {
    steps.push({ what: "make its renditions again", command: render(" --force") });
  }
  if (state === "left-over") {
    steps.push(
      stored?.manifest
        ? { what: "remove what is left", command: render() }
        : repair("remove what is left of it, and of every other deleted source"),
    );
  }
  // A command on a terminal would not be that key, and one that begins with - would be an option.
  if (printable(key) !== key || key.startsWith("-")) return steps;
  if (state === "up-to-date" && has("on-request")) {
    steps.push({
      what: "make the renditions that are made on request before viewers ask for them",
      command: command(`warm ${shellWord(key)}${by}`),
    });
  }
  if (has("present") || state === "left-over" || stored?.tombstone !== undefined) {
    steps.push({
      what: "make the edges forget its renditions, if viewers see earlier ones",
      command: command(`purge ${shellWord(key)}${by}`),
    });
  }
  return steps;
}
