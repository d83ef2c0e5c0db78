import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import { bareTurn, oursTurn } from "./contestants.ts";
import { figuresOf, PEAK_BAR, RATE_BAR, type Round } from "./figures.ts";
import { type Harness, openHarness } from "./harness.ts";
import { killTwice } from "./killed.ts";
import { type EnqueueResult, enqueueBaseline, enqueueTable, killedLine } from "./report.ts";

/** Next to none: what is left is the program's own start and end. */
const NEXT_TO_NONE = 10;

export interface EnqueueBenchOptions extends BenchOptions {
  readonly keys: number;
  readonly rounds: number;
  readonly whole: number;
  readonly kill: boolean;
}

/**
 * What `imagefleet reprocess` puts into a queue beside what the SDK alone does in a loop, both as
 * processes of their own, against the same servers, in turn.
 */
export async function enqueueBench(options: EnqueueBenchOptions): Promise<void> {
  const { keys, rounds, whole, kill, say, signal } = options;
  const machine = describeMachine();
  await using harness = await openHarness();
  if (kill) {
    await showKilled(harness, options);
    return;
  }
  const file = await harness.keys(keys);
  const few = await harness.keys(NEXT_TO_NONE);
  const starts = {
    bare: (await bareTurn(harness, few, signal)).cpuMs,
    ours: (await oursTurn(harness, few, signal)).cpuMs,
  };
  const done: Round[] = [];
  for (let number = 1; number <= rounds; number++) {
    signal.throwIfAborted();
    say(`round ${number} of ${rounds}: ${keys} keys a side …`);
    done.push(await doRound(harness, file, number, signal));
  }
  say(`${whole} keys at once …`);
  const wholeTurn = await oursTurn(harness, await harness.keys(whole), signal);
  const figures = figuresOf(done, starts);
  const result: EnqueueResult = {
    bench: "enqueue",
    keys,
    rounds,
    ...figures,
    whole: wholeTurn,
    bars: { rate: RATE_BAR, peakBytes: PEAK_BAR },
    met: figures.rateRatio.median >= RATE_BAR && wholeTurn.peakBytes <= PEAK_BAR,
    machine,
  };
  await finish(
    {
      result,
      baseline: enqueueBaseline(result, `${keys} keys, ${whole} at once`),
      table: (earlier) => enqueueTable(result, earlier),
    },
    options,
  );
}

/** The sides begin in turn: what the first leaves warm or busy meets both. */
async function doRound(
  harness: Harness,
  file: string,
  number: number,
  signal: AbortSignal,
): Promise<Round> {
  if (number % 2 === 1) {
    const bare = await bareTurn(harness, file, signal);
    return { bare, ours: await oursTurn(harness, file, signal) };
  }
  const ours = await oursTurn(harness, file, signal);
  return { ours, bare: await bareTurn(harness, file, signal) };
}

async function showKilled(harness: Harness, options: EnqueueBenchOptions): Promise<void> {
  const { whole, json, say, signal } = options;
  say(`${whole} keys, killed twice …`);
  const killed = await killTwice(harness, whole, { random: Math.random, signal });
  say(killedLine(killed));
  if (json) process.stdout.write(`${JSON.stringify({ bench: "enqueue", ...killed })}\n`);
  if (killed.missing > 0) throw new Error(`${killed.missing} keys are missing`);
}
