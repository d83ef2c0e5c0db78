import { inMib, MIB } from "../measure/peak.ts";
import { rounded } from "../measure/statistics.ts";
import { defineBench, type Note } from "../runner.ts";
import { bareTurn, oursTurn } from "./contestants.ts";
import { figuresOf, PEAK_BAR, RATE_BAR, type Round } from "./figures.ts";
import { type Harness, openHarness } from "./harness.ts";
import { type Killed, killTwice } from "./killed.ts";

/** So few that the CPU time is that of a program's start and exit. */
const FEW_KEYS = 10;

type EnqueueOptions = {
  readonly keys: number;
  readonly rounds: number;
  readonly whole: number;
  readonly kill?: true | undefined;
};

/** `imagefleet reprocess` compared with a loop over the SDK, in turn, as processes of their own. */
export const enqueue = defineBench<EnqueueOptions>(
  "enqueue",
  async ({ keys, rounds, whole, kill }, { say, signal }) => {
    await using harness = await openHarness();
    if (kill) {
      say(`${whole} keys, killed twice …`);
      return killReport(await killTwice(harness, whole, { random: Math.random, signal }));
    }
    const file = await harness.keys(keys);
    const few = await harness.keys(FEW_KEYS);
    const starts = {
      bare: (await bareTurn(harness, few, signal)).cpuMs,
      ours: (await oursTurn(harness, few, signal)).cpuMs,
    };
    const done: Round[] = [];
    for (let number = 1; number <= rounds; number++) {
      signal.throwIfAborted();
      say(`round ${number} of ${rounds}: ${keys} keys …`);
      done.push(await doRound(harness, file, number, signal));
    }
    say(`${whole} keys in one run …`);
    const all = await oursTurn(harness, await harness.keys(whole), signal);
    const found = figuresOf(done, starts);
    const { rateRatio, cpuRatio, keysPerSecond, cpuMsPerThousand, serverMsPerThousand } = found;
    const row = (name: "bare" | "ours", what: string) => [
      name,
      what,
      keysPerSecond[name].toFixed(0),
      cpuMsPerThousand[name].toFixed(1),
      serverMsPerThousand[name].toFixed(1),
      inMib(found.peakBytes[name]),
    ];
    const range = ({ least, most }: typeof rateRatio) =>
      `${least.toFixed(3)} to ${most.toFixed(3)}`;
    return {
      title: `enqueue: ${count(keys)} keys in each round, medians of ${rounds} rounds; CPU ms per 1,000 keys`,
      tables: (was) => [
        {
          texts: 2,
          columns: ["", "", "keys/s", "CPU ms", "CPU ms of servers", "peak MiB"],
          rows: [
            row("bare", "the SDK, ten in a request, as many concurrent requests"),
            row("ours", "imagefleet reprocess"),
            [
              "ours",
              "baseline",
              was("rate ours", 0),
              was("cpu ours"),
              was("servers ours"),
              was("peak MiB ours", 0),
            ],
            [
              "whole",
              `imagefleet reprocess, ${count(all.keys)} keys`,
              (all.keys / all.seconds).toFixed(0),
              "",
              ((all.serverMs / all.keys) * 1000).toFixed(1),
              inMib(all.peakBytes),
            ],
          ],
        },
      ],
      remarks: [
        `rate, ours / bare: ${range(rateRatio)}`,
        `CPU per key, ours / bare = ${cpuRatio.median.toFixed(3)} (${range(cpuRatio)})`,
      ],
      bars: [
        { what: "rate, ours / bare", is: rateRatio.median, least: RATE_BAR },
        { what: "peak of whole", is: all.peakBytes / MIB, most: PEAK_BAR / MIB, unit: " MiB" },
      ],
      ratios: {
        "bare / ours, keys a second": rounded(1 / rateRatio.median),
        "ours / bare, CPU a key": cpuRatio.median,
      },
      figures: {
        "rate bare": keysPerSecond.bare,
        "rate ours": keysPerSecond.ours,
        "cpu bare": cpuMsPerThousand.bare,
        "cpu ours": cpuMsPerThousand.ours,
        "servers ours": serverMsPerThousand.ours,
        "peak MiB ours": Math.round(found.peakBytes.ours / MIB),
        "peak MiB whole": Math.round(all.peakBytes / MIB),
      },
      setup: `${keys} keys, ${whole} at once`,
      result: { keys, rounds, ...found, whole: all },
    };
  },
);

/** The contestants start in turn, so that what the first leaves warm or busy affects both. */
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

/** @throws Error when a key is missing */
function killReport(killed: Killed): Note {
  const { keys, kills, messages, missing } = killed;
  const at = kills.map(count).join(" and ");
  const again = messages - (keys - missing);
  const note = `killed with ${at} messages in the queue, resumed each time: ${count(keys)} keys, ${count(messages)} messages at the end, ${count(again)} keys sent twice, ${count(missing)} missing`;
  if (missing > 0) throw new Error(note);
  return { note, result: killed };
}

function count(number: number): string {
  return number.toLocaleString("en");
}
