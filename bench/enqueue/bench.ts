import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import { figuresOf, PEAK_BAR, RATE_BAR, type Round } from "./figures.ts";
import { killTwice } from "./killed.ts";
import { type EnqueueResult, enqueueBaseline, enqueueTable, killedLine } from "./report.ts";
import { bareTurn, oursTurn } from "./sides.ts";
import { type Stage, setStage } from "./stage.ts";

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
  await using stage = await setStage();
  if (kill) {
    await showKilled(stage, options);
    return;
  }
  const file = await stage.keys(keys);
  const few = await stage.keys(NEXT_TO_NONE);
  const starts = {
    bare: (await bareTurn(stage, few, signal)).cpuMs,
    ours: (await oursTurn(stage, few, signal)).cpuMs,
  };
  const done: Round[] = [];
  for (let number = 1; number <= rounds; number++) {
    signal.throwIfAborted();
    say(`round ${number} of ${rounds}: ${keys} keys a side …`);
    done.push(await doRound(stage, file, number, signal));
  }
  say(`${whole} keys at once …`);
  const wholeTurn = await oursTurn(stage, await stage.keys(whole), signal);
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
  stage: Stage,
  file: string,
  number: number,
  signal: AbortSignal,
): Promise<Round> {
  if (number % 2 === 1) {
    const bare = await bareTurn(stage, file, signal);
    return { bare, ours: await oursTurn(stage, file, signal) };
  }
  const ours = await oursTurn(stage, file, signal);
  return { ours, bare: await bareTurn(stage, file, signal) };
}

async function showKilled(stage: Stage, options: EnqueueBenchOptions): Promise<void> {
  const { whole, json, say, signal } = options;
  say(`${whole} keys, killed twice …`);
  const killed = await killTwice(stage, whole, { random: Math.random, signal });
  say(killedLine(killed));
  if (json) process.stdout.write(`${JSON.stringify({ bench: "enqueue", ...killed })}\n`);
  if (killed.missing > 0) throw new Error(`${killed.missing} keys are missing`);
}
