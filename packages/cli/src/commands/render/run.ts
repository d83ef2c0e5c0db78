import { availableParallelism } from "node:os";
import { configureCodec } from "@imagefleet/core/image";
import pLimit from "p-limit";
import { EXIT } from "../../exit-code.ts";
import { collect } from "../../files/input/collect.ts";
import { foundText } from "../../files/input/found-text.ts";
import type { Unreadable } from "../../files/input/walk.ts";
import { checkFolder } from "../../files/output/folder.ts";
import { markOutput } from "../../files/output/mark.ts";
import { discardStaged } from "../../files/output/staged-file.ts";
import { readRecipe } from "../../recipe/read.ts";
import { ADVICE } from "../../terminal/advice.ts";
import { formatMs, many } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { printable } from "../../terminal/printable.ts";
import { showProgress } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { outcomesText, renditionTotals, sourceTable, tally } from "../../terminal/source-table.ts";
import type { RenderCommandOptions } from "./options.ts";
import { renderFile } from "./render-file.ts";
import type { RenderedFile } from "./rendered-file.ts";

/**
 * `imagefleet render`: runs the recipe on files, without queues or stores.
 *
 * @returns the exit code
 * @throws UsageError, RecipeFileError
 */
export async function renderFiles(options: RenderCommandOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  const found = await collect(options.paths, options.cwd, options.out);
  const { sources, unreadable } = found;
  await checkFolder("--out", options.out);
  await markOutput(options.out);
  screen.note(foundText(found));
  const cpus = availableParallelism();
  configureCodec({ threads: cpus });
  const inFlight = pLimit(cpus);
  using interrupt = onInterrupt(discardStaged);
  const { signal } = interrupt;
  signal.addEventListener("abort", () => {
    screen.note(
      "Stopping: the current files are not finished (press Ctrl-C again to stop at once)",
    );
  });
  const context = { recipe, out: options.out, largeSemaphore: pLimit(1), signal };
  const files: RenderedFile[] = [];
  const began = performance.now();
  {
    using _progress = showProgress(screen, () => ({
      done: files.length,
      total: sources.length,
      rejected: files.filter(({ outcome }) => outcome === "rejected").length,
      elapsedMs: performance.now() - began,
    }));
    const started = sources.map((source) => inFlight(() => renderFile(source, context)));
    // Reported in input order, each when it and its predecessors are done.
    for (const rendering of started) {
      const file = await rendering;
      if (file === undefined) continue;
      files.push(file);
      if (options.json) screen.json(file);
    }
  }
  const names = new Map(sources.map(({ file, key }) => [file, key]));
  report(files, names, unreadable, performance.now() - began, options, screen);
  if (signal.aborted) {
    screen.report(`Interrupted: ${many(sources.length - files.length, "file")} not rendered`);
    return EXIT.interrupted;
  }
  const kinds = new Set(files.map(({ outcome }) => outcome));
  if (kinds.has("failed") || unreadable.length > 0) return EXIT.failed;
  return kinds.has("rejected") ? EXIT.deadLetters : EXIT.done;
}

/** The store is the file system of this machine. */
const RENDER_ADVICE = {
  ...ADVICE,
  StoreUnavailable: "check the file and the folder of --out, then render again",
};

function report(
  files: readonly RenderedFile[],
  names: ReadonlyMap<string, string>,
  unreadable: readonly Unreadable[],
  ms: number,
  { out }: RenderCommandOptions,
  screen: Screen,
): void {
  const { paint } = screen;
  const rows = files.map((file) => ({
    ...file,
    name: names.get(file.file) ?? file.file,
    bytesIn: file.source.bytes,
  }));
  if (rows.length > 0) screen.report("", ...sourceTable(rows, screen));
  const outcomes = outcomesText(tally(files.map(({ outcome }) => outcome)));
  screen.report(
    "",
    paint("bold", `${many(files.length, "file")} in ${formatMs(ms)}: ${outcomes}`),
    renditionTotals(rows),
    ...files.flatMap(({ file, reason, message }) => {
      if (reason === null) return [];
      const title = `${paint("bold", printable(file))}  ${paint("red", reason)}`;
      const advice = paint("dim", `  → ${RENDER_ADVICE[reason]}`);
      return ["", title, `  ${printable(message ?? "")}`, advice];
    }),
    ...files.flatMap(({ file, damaged }) => {
      if (damaged === null) return [];
      return ["", `${paint("bold", printable(file))}  damaged`, `  ${printable(damaged)}`];
    }),
    ...unreadable.map(({ file, why }) => paint("red", `${printable(file)}: ${why}`)),
    ...(files.some(({ renditions }) => renditions.length > 0) ? ["", `renditions  ${out}`] : []),
  );
}
