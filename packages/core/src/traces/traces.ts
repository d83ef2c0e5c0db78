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

/** One job on its way. */
export interface JobTrace {
  /** What continues it elsewhere, as X-Ray writes it: `Root=1-…;Parent=…;Sampled=1`. */
  readonly header: string;
  end(end: TraceEnd): void;
}

export interface Traces {
  /** @param parent what it continues, as X-Ray writes it; anything else begins a trace of its own */
  begin(parent: string | undefined, at: number): JobTrace;
  /** Sends what has ended, for a process may be frozen next. Soon over, and never throws. */
  flush(): Promise<void>;
}

export interface TracesOptions {
  /** `consume` or `worker` */
  readonly program: string;
  /** Where traces go, by OTLP over HTTP; without it there are none, and nothing is loaded. */
  readonly url: string | undefined;
  /** Of the traces that begin here, 0 to 1. */
  readonly share: number;
  readonly region: string;
  /** Whose credentials sign what goes to X-Ray. */
  readonly aws: S3Client;
  readonly log: Logger;
}
