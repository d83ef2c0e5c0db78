import type { DeadLetterReason, Lane } from "@imagefleet/core/outcome";
import type { OutputFormat } from "@imagefleet/core/recipe";
import type { JobLine } from "@imagefleet/core/telemetry";
import type { Credentials } from "../credentials/index.ts";

/** How one job ended, as the program that did it said in its log; sizes in bytes, times in ms. */
export type JobReport = JobLine;

/** A lane's messages, as SQS counts them. */
export interface LaneDepth {
  readonly waiting: number;
  readonly inFlight: number;
}

export interface FleetStatus {
  readonly lanes: Readonly<Record<Lane, LaneDepth>>;
  readonly deadLetters: Readonly<Record<Lane, number>>;
}

export interface StoredRendition {
  readonly preset: string;
  readonly key: string;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  readonly format: OutputFormat;
  readonly bytes: number;
  /** What one of the source's own size saves of its bytes, in percent. */
  readonly savedPercent?: number | undefined;
  /** What its preset asks for, in px, where that is more than its format can hold. */
  readonly boundedFrom?: { readonly width: number; readonly height: number } | undefined;
}

export interface DeadLetterReport {
  readonly bucket?: string;
  readonly key?: string;
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly lane: Lane;
  /** When it was moved to the dead-letter queue, ms since the epoch. */
  readonly at: number;
}

/** The whole fleet on this machine: servers, queues, event source, function and worker. */
export interface Fleet {
  /** Where S3 and SQS listen: `http://127.0.0.1:<port>`. */
  readonly endpoint: string;
  /** What requests to them are signed with. */
  readonly credentials: Credentials;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  /** What earlier runs had left in the lanes when this one began, before anything was taken of it. */
  readonly older: FleetStatus["lanes"];
  /** Puts a file into the source bucket; its event is in the queue when this resolves. */
  upload(key: string, file: string): Promise<void>;
  /** Adds a listener to each job's end (a job that is tried again ends more than once). */
  onJob(listener: (report: JobReport) => void): void;
  /** Adds a listener to what a person should know: a process that exited, a server that does not answer. */
  onNotice(listener: (text: string) => void): void;
  status(): Promise<FleetStatus>;
  /** Resolves when no message waits or is in flight in either lane. */
  idle(signal?: AbortSignal): Promise<void>;
  /** A source's renditions as its manifest lists them; empty when it has none. */
  renditions(key: string): Promise<readonly StoredRendition[]>;
  /** Every dead letter there is, read without taking any away. */
  deadLetters(): Promise<readonly DeadLetterReport[]>;
  /** A stored rendition's bytes, or a manifest's, by its key in the rendition bucket. */
  read(key: string): Promise<Buffer>;
  /** The manifest's key of a source's key. */
  manifestKey(key: string): string;
  /** The process ids of the function's environments and of the workers, as they are now. */
  processes(): { readonly functions: readonly number[]; readonly workers: readonly number[] };
  /** Receives no more, finishes the messages in flight and releases the rest. The servers keep running. */
  drain(): Promise<void>;
  /** Drains the messages in flight and ends every process of the fleet. */
  stop(): Promise<void>;
}

export interface FleetOptions {
  /** Keeps buckets and queues between runs. */
  readonly dataDir: string;
  /** The port of S3 and SQS; 0: any that is free. */
  readonly port: number;
  /** Origins whose pages may read what S3 and SQS answer: `http://localhost:5173`. */
  readonly corsOrigins?: readonly string[];
  /** The module whose default export is the recipe. */
  readonly recipe: URL;
  /** The function's memory in bytes; a process over it is killed, as Lambda does. */
  readonly functionMemoryBytes?: number;
  /** Invocations at once; by default half the CPUs, two at least. */
  readonly maximumConcurrency?: number;
  /**
   * The function's time for a batch, ms; 30,000 by default. The small lane's visibility timeout is a
   * third more.
   */
  readonly functionTimeoutMs?: number;
  /** The large lane's visibility timeout, which the worker extends while it works, seconds; 30 by default. */
  readonly leaseSeconds?: number;
  /** Worker processes; 1 by default. */
  readonly workers?: number;
  /**
   * Where the function, the workers and the event source find S3 and SQS instead of at the servers
   * themselves: behind a fault proxy, say. Called once, with the servers' endpoint.
   */
  readonly endpointFor?: (servers: string) => Promise<string>;
}
