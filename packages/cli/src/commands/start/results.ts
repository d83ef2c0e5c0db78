import type { DeadLetterReason, Lane, OutcomeKind } from "@imagefleet/core/outcome";
import type { DeadLetterReport, JobReport, StoredRendition } from "@imagefleet/local/fleet";
import type { SourceFile } from "../../files/input/collect.ts";
import { tally } from "../../terminal/source-table.ts";

/** The result for one source: the bytes of the uploaded file, the ms of its last job. */
interface Result {
  readonly key: string;
  /** The lane of the last job. */
  readonly lane: Lane;
  readonly outcome: OutcomeKind;
  readonly reason: DeadLetterReason | null;
  /** The damage of a source that was rendered despite it. */
  readonly damaged: string | null;
  readonly renditions: readonly StoredRendition[];
  /** 0 when the process ended without a report. */
  readonly ms: number;
  readonly bytesIn: number;
}

/** The results of a run. */
export interface RunResults {
  readonly results: readonly Result[];
  /** The latest dead letter of each source of this run. */
  readonly deadLetters: readonly DeadLetter[];
  /** The number of dead letters of other runs or without a source. */
  readonly otherDeadLetters: number;
  /** Sources without a final outcome. */
  readonly unfinished: readonly SourceFile[];
  /** From the first upload to the last outcome, s. */
  readonly seconds: number;
}

export interface DeadLetter {
  readonly key: string;
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly lane: Lane;
}

const WITH_RENDITIONS: readonly OutcomeKind[] = ["rendered", "unchanged"];

/** Does this outcome leave a source with renditions of its present content? */
export function hasRenditions(outcome: OutcomeKind): boolean {
  return WITH_RENDITIONS.includes(outcome);
}

/**
 * Determines one result for each source, even after crashes and repeated jobs: from its last report, or
 * from its dead letter when the process ended without a report.
 *
 * @param startedAt ms since the epoch; an older dead letter belongs to another run
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
  // A failed attempt is final only when the message is in the dead-letter queue.
  if (deadLetter === undefined) return undefined;
  const { lane, reason } = deadLetter;
  return { lane, outcome: "failed", reason, damaged: null, ms: report?.ms ?? 0 };
}

/** A file that was not uploaded. */
export interface NotUploadedFile {
  readonly file: string;
  readonly message: string;
}

/** The object that `--json` prints. */
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
