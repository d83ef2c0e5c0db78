import * as v from "valibot";
import {
  CRASHED,
  FAILED_REASONS,
  LANES,
  type Lane,
  type Outcome,
  REJECTED_REASONS,
} from "../outcome/index.ts";
import { type PhaseTiming, phaseTimes } from "./phase-timer.ts";
import { sizeOf } from "./size.ts";
import type { Telemetry } from "./telemetry.ts";

/** The `msg` of a job's line. */
const JOB = "job";

export interface JobLineOptions {
  readonly bucket: string;
  readonly key: string;
  readonly lane: Lane;
  /** The highest of its messages. */
  readonly receiveCount: number;
  /** How many messages asked for the job, if more than one. */
  readonly messages?: number;
  /** From the receive to the end, ms. */
  readonly ms: number;
}

/** Values that are written for metrics only. */
export interface JobMeasures {
  /** When it ended, ms since the epoch. */
  readonly at: number;
  /** From the sending of its oldest message to its start, ms. */
  readonly waitMs: number;
  readonly timings: readonly PhaseTiming[];
}

const LEVELS = { failed: "warn", rejected: "warn" } as const;

/**
 * Logs how a job ended, in one line.
 *
 * @example
 * const ended = { bucket: "uploads", key: "cats/tom.jpg", lane: "small", receiveCount: 1, ms: 840 } as const;
 * logJob(telemetry, ended, { kind: "unchanged" }, { at: Date.now(), waitMs: 12, timings: [] });
 */
export function logJob(
  { log, metrics }: Telemetry,
  job: JobLineOptions,
  outcome: Outcome,
  { at, waitMs, timings }: JobMeasures,
): void {
  const { kind, ...details } = outcome;
  const level = kind === "failed" || kind === "rejected" ? LEVELS[kind] : "info";
  const line = { ...job, ms: Math.round(job.ms), outcome: kind, ...details };
  if (metrics === undefined) {
    log[level](line, JOB);
    return;
  }
  const phases = [...phaseTimes(timings)].map(([phase, ms]) => [`${phase}Ms`, ms] as const);
  const measures = { jobs: 1, waitMs, ...Object.fromEntries(phases) };
  // Only the time of a rendered source depends on its size.
  const sized = kind === "rendered" && { size: sizeOf(outcome.bytesIn), jobMs: line.ms };
  metrics.write(level, { ...line, ...measures, ...sized }, JOB, at);
}

const count = v.optional(v.number(), 0);

const jobLineSchema = v.object({
  msg: v.literal(JOB),
  bucket: v.string(),
  key: v.string(),
  lane: v.picklist(LANES),
  outcome: v.picklist([
    "rendered",
    "unchanged",
    "removed",
    "forwarded",
    "ignored",
    "rejected",
    "failed",
  ]),
  reason: v.optional(v.picklist([...REJECTED_REASONS, ...FAILED_REASONS, CRASHED])),
  message: v.optional(v.string()),
  damaged: v.optional(v.string()),
  receiveCount: v.number(),
  ms: v.number(),
  bytesIn: count,
  bytesOut: count,
});

export type JobLine = v.InferOutput<typeof jobLineSchema>;

/**
 * Parses a job's line; undefined for any other line.
 *
 * @example
 * const outcome = parseJobLine(line)?.outcome;
 */
export function parseJobLine(line: string): JobLine | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), jobLineSchema), line);
  return parsed.success ? parsed.output : undefined;
}
