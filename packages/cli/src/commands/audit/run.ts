import { type Connection, connect } from "../../connection/connect.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { EXIT } from "../../exit-code.ts";
import type { MaxDepth } from "../../feed/depth.ts";
import { limitHeap } from "../../limit-heap.ts";
import { readRecipe } from "../../recipe/read.ts";
import { confirm } from "../../terminal/confirm.ts";
import { many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { Audit } from "./audit.ts";
import { type AuditTotals, isComplete } from "./finding.ts";
import { plan, type RepairPlan, repair } from "./repair.ts";
import { openSpool } from "./spool.ts";
import { findingText, reportText, summaryJson } from "./text.ts";

export interface AuditOptions {
  readonly connection: ConnectionOptions;
  readonly json?: boolean | undefined;
  readonly recipe: string;
  readonly repair?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly removeMany?: boolean | undefined;
  readonly maxDepth: MaxDepth;
  readonly limit: number;
}

/** `imagefleet audit`: finds what is incomplete or orphaned, and with `--repair` repairs it. */
export async function audit(options: AuditOptions, screen: Screen): Promise<number> {
  limitHeap();
  const recipe = await readRecipe(options.recipe);
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const input = {
    s3: connection.s3,
    sourceBucket: await connection.bucket("sourceBucket"),
    renditionBucket: await connection.bucket("renditionBucket"),
    recipe,
    signal,
  };
  await warnIfBusy(connection, screen);
  await using spool = await openSpool();
  let printed = 0;
  const running = new Audit({
    ...input,
    async onFinding(finding) {
      await spool.write(finding);
      if (options.json) screen.json({ version: 1, ...finding });
      else if (printed++ < options.limit) screen.report(findingText(finding, screen.paint));
    },
  });
  let totals: AuditTotals;
  const began = performance.now();
  {
    using _progress = showRepeatedly(screen, () => {
      const { sources, objects, complete } = running.totals;
      return [
        `${thousands(sources)} sources, ${thousands(complete)} complete, ${thousands(objects)} objects listed`,
      ];
    });
    totals = await running.run();
  }
  if (signal.aborted) {
    screen.note(
      `Interrupted after ${thousands(totals.sources)} sources: a partial audit has no result`,
    );
    return EXIT.interrupted;
  }
  const ms = performance.now() - began;
  const left = Math.max(0, printed - options.limit);
  if (!options.json)
    screen.report(
      ...reportText(totals, left, ms, connection.where, options.repair === true, screen),
    );
  let repaired: RepairPlan | undefined;
  if (options.repair && !isComplete(totals)) {
    const todo = plan(totals, options.removeMany ?? false);
    for (const why of todo.held) screen.warn(why);
    const question = `${todo.text} at ${connection.where}?`;
    if (todo.nothing) screen.note("Nothing can be repaired now.");
    else if (await confirm(question, options.yes, screen, signal)) {
      const queues = await connection.lanes();
      const all = Object.values(totals.findings).reduce((sum, each) => sum + each, 0);
      let read = 0;
      using _progress = showRepeatedly(screen, () => [
        `repairing: ${thousands(read)} of ${many(all, "finding")}`,
      ]);
      const findings = counted(spool.read(), () => read++);
      const done = await repair(findings, todo, {
        ...input,
        queues: { small: queues.small.queue, large: queues.large.queue },
        maxDepth: options.maxDepth,
        consumers: connection.consumers,
      });
      repaired = todo;
      if (!options.json) screen.report(screen.paint("bold", done.text));
    } else screen.note("Nothing was repaired.");
  }
  if (options.json) screen.json(summaryJson(totals, ms, repaired !== undefined));
  if (signal.aborted) return EXIT.interrupted;
  return isComplete(totals) ? EXIT.done : EXIT.deadLetters;
}

async function* counted(lines: AsyncIterable<string>, onLine: () => void): AsyncGenerator<string> {
  for await (const line of lines) {
    yield line;
    onLine();
  }
}

/** A rendition of a job that is not done yet counts as missing. */
async function warnIfBusy(connection: Connection, screen: Screen): Promise<void> {
  const { small, large } = await connection.lanes();
  const counts = [await small.queue.counts(), await large.queue.counts()];
  const busy = counts.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0);
  if (busy === 0) return;
  screen.warn(
    `${many(busy, "message")} in the lanes: renditions may be missing because their jobs are not done yet`,
  );
}
