import { availableParallelism } from "node:os";
import { configureCodec } from "@imagefleet/core/image";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import pLimit from "p-limit";
import { EXIT } from "../exit-code.ts";
import { collect } from "../input/collect.ts";
import type { Unreadable } from "../input/walk.ts";
import { ADVICE } from "../view/advice.ts";
import { printable } from "../view/printable.ts";
import { foundText, showProgress } from "../view/progress.ts";
import type { Screen } from "../view/screen.ts";
import { outcomesText, renditionTotals, sourceTable, tally } from "../view/source-table.ts";
import { count, formatMs } from "../view/units.ts";
import type { RenderCommandOptions } from "./options.ts";
import { renderFile } from "./render-file.ts";
import type { RenderedFile } from "./rendered-file.ts";

/**
 * `imagefleet render`: the recipe on files, without queues or stores.
 *
 * @returns the exit code
 * @throws WrongUse, RecipeFileError
 */
export async function renderFiles(options: RenderCommandOptions, screen: Screen): Promise<number> {
  const recipe = await loadRecipe(options.recipe);
  const { sources, skipped, unreadable } = await collect(options.paths, options.cwd);
  screen.note(foundText(sources.length, skipped));
  const cpus = availableParallelism();
  configureCodec({ threads: cpus });
  const inHand = pLimit(cpus);
  const context = { recipe, out: options.out, largeGate: pLimit(1) };
  const files: RenderedFile[] = [];
  const began = performance.now();
  {
    using _progress = showProgress(screen, () => ({
      done: files.length,
      total: sources.length,
      rejected: files.filter(({ outcome }) => outcome === "rejected").length,
      elapsedMs: performance.now() - began,
    }));
    const started = sources.map((source) => inHand(() => renderFile(source, context)));
    // Told in the order in which they were named, each as soon as it and those before it are done.
    for (const rendering of started) {
      const file = await rendering;
      files.push(file);
      if (options.json) screen.json(file);
    }
  }
  const names = sources.map(({ key }) => key);
  report(files, names, unreadable, performance.now() - began, options, screen);
  const kinds = new Set(files.map(({ outcome }) => outcome));
  if (kinds.has("failed") || unreadable.length > 0) return EXIT.failed;
  return kinds.has("rejected") ? EXIT.deadLetters : EXIT.done;
}

function report(
  files: readonly RenderedFile[],
  names: readonly string[],
  unreadable: readonly Unreadable[],
  ms: number,
  { out }: RenderCommandOptions,
  screen: Screen,
): void {
  const { paint } = screen;
  const rows = files.map((file, index) => ({
    ...file,
    name: names[index] ?? file.file,
    bytesIn: file.source.bytes,
  }));
  if (rows.length > 0) screen.report("", ...sourceTable(rows, screen));
  const outcomes = outcomesText(tally(files.map(({ outcome }) => outcome)));
  screen.report(
    "",
    paint("bold", `${count(files.length, "file")} in ${formatMs(ms)}: ${outcomes}`),
    renditionTotals(rows),
    ...files.flatMap(({ file, reason, message }) =>
      reason === null
        ? []
        : [
            "",
            `${paint("bold", printable(file))}  ${paint("red", reason)}`,
            `  ${printable(message ?? "")}`,
            paint("dim", `  → ${ADVICE[reason]}`),
          ],
    ),
    ...unreadable.map(({ file, why }) => paint("red", `${printable(file)}: ${why}`)),
    "",
    `renditions  ${out}`,
  );
}
