import * as v from "valibot";
import {
  CRASHED,
  FAILED_REASONS,
  LANES,
  type Lane,
  type Outcome,
  REJECTED_REASONS,
} from "../outcome/index.ts";
import type { Logger } from "./log.ts";

/** The `msg` by which a job's line is found among others. */
const JOB = "job";

export interface JobLineOptions {
  readonly bucket: string;
  readonly key: string;
  readonly lane: Lane;
  /** The most of its messages. */
  readonly receiveCount: number;
  /** How many messages it answers, where more than one. */
  readonly messages?: number;
  /** From the receive to the end, ms. */
  readonly ms: number;
}

const LEVELS = { failed: "warn", rejected: "warn" } as const;

/** Says how a job ended, in one line. */
export function logJob(log: Logger, job: JobLineOptions, outcome: Outcome): void {
  const { kind, ...details } = outcome;
  const level = kind === "failed" || kind === "rejected" ? LEVELS[kind] : "info";
  log[level]({ ...job, ms: Math.round(job.ms), outcome: kind, ...details }, JOB);
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
    "retired",
    "forwarded",
    "ignored",
    "rejected",
    "failed",
  ]),
  reason: v.optional(v.picklist([...REJECTED_REASONS, ...FAILED_REASONS, CRASHED])),
  message: v.optional(v.string()),
  receiveCount: v.number(),
  ms: v.number(),
  bytesIn: count,
  bytesOut: count,
});

/** A job's line, read back; undefined for every other line. */
export type JobLine = v.InferOutput<typeof jobLineSchema>;

export function parseJobLine(line: string): JobLine | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), jobLineSchema), line);
  return parsed.success ? parsed.output : undefined;
}
