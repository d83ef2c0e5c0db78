import { connect } from "../../connection/connect.ts";
import { EXIT } from "../../exit-code.ts";
import { readRecipe } from "../../recipe/read.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { nextSteps } from "./next.ts";
import type { PictureOptions } from "./picture.ts";
import { readPicture } from "./read.ts";
import { pictureJson, pictureText } from "./text.ts";

/** `imagefleet picture`: everything about one source, and what can be done. It only reads. */
export async function picture(options: PictureOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await readPicture(options, recipe, connection, signal);
  if (signal.aborted) return EXIT.interrupted;
  const next = nextSteps(found, options, screen);
  if (options.json) screen.json(pictureJson(found, next));
  else pictureText(found, next, connection.where, screen);
  const { state } = found.judgement;
  if (state === "unknown") return EXIT.failed;
  const isDone = state === "up-to-date" && (found.deadLetters ?? []).length === 0;
  return isDone ? EXIT.done : EXIT.deadLetters;
}
