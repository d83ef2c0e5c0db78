import type { DeadLetterReason, Lane, OutcomeKind } from "@imagefleet/core/outcome";
import type { DeadLetterReport, JobReport, StoredRendition } from "@imagefleet/local/fleet";
import type { SourceFile } from "../../files/input/collect.ts";
import { tally } from "../../terminal/source-table.ts";

/** How one source of a run ended; bytes of the file that was uploaded, ms of the job that ended it. */
interface Result {
  readonly key: string;
  /** Where it was finished. */
  readonly lane: Lane;
  readonly outcome: OutcomeKind;
  readonly reason: DeadLetterReason | null;
  /** Why the source is damaged, where it was rendered all the same. */
  readonly damaged: string | null;
  readonly renditions: readonly StoredRendition[];
  /** 0 when no program lived to say. */
  readonly ms: number;
  readonly bytesIn: number;
}

/** What a run came to. */
export interface RunResults {
  readonly results: readonly Result[];
  /** The latest of each source of this run. */
  readonly deadLetters: readonly DeadLetter[];
  /** Dead letters of other runs, or of no source. */
  readonly otherDeadLetters: number;
  /** Sources without an end. */
  readonly unfinished: readonly SourceFile[];
  /** From the first upload to the last end, s. */
  readonly seconds: number;
}

export interface DeadLetter {
  readonly key: string;
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly lane: Lane;
}

const WITH_RENDITIONS: readonly OutcomeKind[] = ["rendered", "unchanged"];

/** Has a source that ended so renditions that are those of its present content? */
export function hasRenditions(outcome: OutcomeKind): boolean {
  return WITH_RENDITIONS.includes(outcome);
}

/**
 * Each source once, whatever crashed and was done twice: by the last report of it; by its dead
 * dead letter when no program lived to report an end.
 *
 * @param startedAt ms since the epoch: an older dead letter is of another run
 */
export function mergeResults(input: {
  readonly sources: readonly SourceFile[];
  readonly report: (key: string) => JobReport | undefined;
  readonly deadLetters: readonly DeadLetterReport[];
  readonly renditions: (key: string) => readonly StoredRendition[];
  readonly startedAt: number;
  readonly seconds: number;
}): RunResults {
  const { sources, startedAt, seconds } = input;
  const keys = new Set(sources.map(({ key }) => key));
  const latest = new Map<string, DeadLetter & { at: number }>();
  let otherDeadLetters = 0;
  for (const { key, reason, message, lane, at } of input.deadLetters) {
    if (key === undefined || !keys.has(key) || at < startedAt) {
      otherDeadLetters++;
    } else if (at >= (latest.get(key)?.at ?? 0)) {
      latest.set(key, { key, reason, message, lane, at });
    }
  }
  const results = sources.flatMap(({ key, bytes }): Result[] => {
    const ended = endOf(input.report(key), latest.get(key));
    if (ended === undefined) return [];
    const renditions = hasRenditions(ended.outcome) ? input.renditions(key) : [];
    return [{ key, ...ended, renditions, bytesIn: bytes }];
  });
  const ended = new Set(results.map(({ key }) => key));
  return {
    results,
    deadLetters: [...latest.values()].map(({ at: _at, ...deadLetter }) => deadLetter),
    otherDeadLetters,
    unfinished: sources.filter(({ key }) => !ended.has(key)),
    seconds,
  };
}

type End = Pick<Result, "lane" | "outcome" | "reason" | "damaged" | "ms">;

function endOf(report: JobReport | undefined, deadLetter: DeadLetter | undefined): End | undefined {
  if (report && report.outcome !== "failed") {
    return {
      lane: report.lane,
      outcome: report.outcome,
      reason: report.reason ?? null,
      damaged: report.damaged ?? null,
      ms: report.ms,
    };
  }
  // A failed attempt is an end only when nothing comes after it: its dead letter says so.
  if (deadLetter === undefined) return undefined;
  const { lane, reason } = deadLetter;
  return { lane, outcome: "failed", reason, damaged: null, ms: report?.ms ?? 0 };
}

/** A file that never became a source of this run. */
export interface NotUploadedFile {
  readonly file: string;
  readonly message: string;
}

/** The object that `--json` promises; bytes of sources and of their renditions. */
export function resultsJson(
  { results, deadLetters, seconds, unfinished }: RunResults,
  notUploaded: readonly NotUploadedFile[],
): unknown {
  const lanes = { small: 0, large: 0 };
  for (const { lane } of results) lanes[lane]++;
  const renditions = results.flatMap((result) => result.renditions);
  return {
    sources: results.length + unfinished.length,
    outcomes: tally(results.map(({ outcome }) => outcome)),
    lanes,
    renditions: renditions.length,
    bytesIn: results.reduce((sum, { bytesIn }) => sum + bytesIn, 0),
    bytesOut: renditions.reduce((sum, { bytes }) => sum + bytes, 0),
    seconds,
    deadLetters,
    results: results.map(({ key, lane, outcome, reason, damaged, renditions: made, ms }) => ({
      key,
      lane,
      outcome,
      reason,
      damaged,
      renditions: made.map(({ savedPercent = null, boundedFrom = null, ...rendition }) => ({
        preset: rendition.preset,
        key: rendition.key,
        width: rendition.width,
        height: rendition.height,
        format: rendition.format,
        bytes: rendition.bytes,
        savedPercent,
        boundedFrom,
      })),
      ms,
    })),
    notUploaded,
    unfinished: unfinished.length,
  };
}
