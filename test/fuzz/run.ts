import { type ChildProcess, fork } from "node:child_process";
import * as v from "valibot";
import { Chance } from "../model/chance.ts";
import { corpus, type Seed } from "./corpus.ts";
import { mutated } from "./mutate.ts";

const endingSchema = v.object({ outcome: v.string(), message: v.string(), peakBytes: v.number() });

/** A file that takes longer counts as a hang. */
const HANG_MS = 30_000;

/** A fault of the pipeline, as opposed to one of the file. */
interface Finding {
  readonly index: number;
  readonly name: string;
  /** `crash`, `hang`, or an unexpected outcome. */
  readonly what: string;
  readonly message: string;
}

export interface FuzzReport {
  readonly seed: number;
  readonly files: number;
  /** The number of files with each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly slowestMs: number;
  readonly slowest: string;
  readonly peakBytes: number;
}

/** The damaged file of an index, which depends only on the seed and the index. */
export function fileOfIndex(seeds: readonly Seed[], seed: number, index: number): Seed {
  const sound = seeds[index % seeds.length];
  if (sound === undefined) throw new RangeError("no seeds");
  // Neighboring seeds must not share files.
  const chance = new Chance(Math.imul(seed, 0x9e3779b1) + index);
  return { name: sound.name, file: mutated(sound.file, chance) };
}

/**
 * Renders damaged files of all formats in a child process. A crash or hang of that process is a
 * finding, and a new process continues with the next file.
 */
export async function fuzz(seed: number, files: number): Promise<FuzzReport> {
  const seeds = await corpus();
  const outcomes: Record<string, number> = {};
  const findings: Finding[] = [];
  let slowest = { ms: 0, name: "" };
  let peakBytes = 0;
  let child = start();
  for (let index = 0; index < files; index++) {
    const { name, file } = fileOfIndex(seeds, seed, index);
    const began = performance.now();
    const ending = await endOf(child, file);
    const ms = performance.now() - began;
    if (ms > slowest.ms) slowest = { ms, name: `${name} ${index}` };
    peakBytes = Math.max(peakBytes, ending.peakBytes);
    outcomes[ending.outcome] = (outcomes[ending.outcome] ?? 0) + 1;
    const { outcome: what, message } = ending;
    if (["crash", "hang", "unexpected", "Internal"].includes(what)) {
      findings.push({ index, name, what, message });
    }
    if (what === "crash" || what === "hang") {
      child.kill("SIGKILL");
      child = start();
    }
  }
  child.kill();
  const { ms: slowestMs, name } = slowest;
  return { seed, files, outcomes, findings, slowestMs, slowest: name, peakBytes };
}

function start(): ChildProcess {
  return fork(new URL("./child.ts", import.meta.url), [], {
    serialization: "advanced",
    execArgv: [],
    // Decoders write messages about damaged files to stderr.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}

function endOf(child: ChildProcess, file: Buffer): Promise<v.InferOutput<typeof endingSchema>> {
  const end = Promise.withResolvers<v.InferOutput<typeof endingSchema>>();
  const late = setTimeout(
    () => end.resolve({ outcome: "hang", message: `over ${HANG_MS} ms`, peakBytes: 0 }),
    HANG_MS,
  );
  const answered = (message: unknown) => end.resolve(v.parse(endingSchema, message));
  const exited = (code: number | null, signal: string | null) =>
    end.resolve({
      outcome: "crash",
      message: `the process ended with ${signal ?? code}`,
      peakBytes: 0,
    });
  child.once("message", answered);
  child.once("exit", exited);
  child.send(file);
  return end.promise.finally(() => {
    clearTimeout(late);
    child.off("message", answered);
    child.off("exit", exited);
  });
}
