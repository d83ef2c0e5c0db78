import type { S3Client } from "@aws-sdk/client-s3";
import type { Lane, Outcome } from "../outcome/index.ts";
import type { Logger, PhaseTiming } from "../telemetry/index.ts";

/** How a job ended; times in ms since the epoch. */
export interface TraceEnd {
  readonly at: number;
  readonly bucket: string;
  readonly key: string;
  readonly lane: Lane;
  readonly receiveCount: number;
  readonly outcome: Outcome;
  readonly timings: readonly PhaseTiming[];
}

/** The trace of one job. */
export interface JobTrace {
  /** Continues the trace in another program: an X-Ray header, `Root=1-…;Parent=…;Sampled=1`. */
  readonly header: string;
  end(end: TraceEnd): void;
}

export interface Traces {
  /**
   * @param parent the X-Ray header of the trace to continue; with anything else a new trace starts
   * @param at when the job started, ms since the epoch
   */
  begin(parent: string | undefined, at: number): JobTrace;
  /** Sends the ended spans before the process may be frozen, for 1 s at most. Never throws. */
  flush(): Promise<void>;
}

export interface TracesOptions {
  /** `consume` or `worker` */
  readonly program: string;
  /** An OTLP endpoint over HTTP. Without it nothing is loaded. */
  readonly url: string | undefined;
  /** The sampled share of new traces, 0 to 1. */
  readonly share: number;
  readonly region: string;
  /** The client whose credentials sign requests to X-Ray. */
  readonly aws: S3Client;
  readonly log: Logger;
}
