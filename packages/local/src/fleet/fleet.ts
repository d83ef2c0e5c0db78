import type { DeadLetterReason, Lane } from "@imagefleet/core/outcome";
import type { OutputFormat } from "@imagefleet/core/recipe";
import type { JobLine } from "@imagefleet/core/telemetry";
import type { Api } from "../api/index.ts";
import type { Credentials } from "../credentials/index.ts";
import type { Edge } from "../edge/index.ts";
import type { Catalog } from "../resources/index.ts";

/** How a job ended, from the program's log; sizes in bytes, times in ms. */
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
  /** The saved share of the source's bytes in percent, for a rendition of the source's size. */
  readonly savedPercent?: number | undefined;
  /** The preset's size in px, if it exceeds the format's limit. */
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
  /** CloudFront: where renditions are served, and made if need be. Its page `GALLERY` shows them. */
  readonly edge: Omit<Edge, "close">;
  /** The credentials for requests to S3 and SQS. */
  readonly credentials: Credentials;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  /** The table, the topic and the API of uploads; absent unless the options ask for them. */
  readonly catalog?: Catalog & { readonly api: Omit<Api, "close"> };
  /** The messages of earlier runs in the lanes at the start. */
  readonly older: FleetStatus["lanes"];
  /** Uploads a file to the source bucket; its event is in the queue when this resolves. */
  upload(key: string, file: string): Promise<void>;
  /** Adds a listener for the end of each job, which a retried job reaches more than once. */
  onJob(listener: (report: JobReport) => void): void;
  /** Adds a listener for messages to the user, such as a failed process or a server that does not respond. */
  onNotice(listener: (text: string) => void): void;
  status(): Promise<FleetStatus>;
  /**
   * Resolves when no message waits or is in flight in either lane, and the edge has forgotten what their
   * jobs have replaced.
   */
  idle(signal?: AbortSignal): Promise<void>;
  /** A source's renditions as its manifest lists them; empty when it has none. */
  renditions(key: string): Promise<readonly StoredRendition[]>;
  /** Reads every dead letter without removing it. */
  deadLetters(): Promise<readonly DeadLetterReport[]>;
  /** A stored rendition's bytes, or a manifest's, by its key in the rendition bucket. */
  read(key: string): Promise<Buffer>;
  /** The manifest's key of a source's key. */
  manifestKey(key: string): string;
  /** The current process ids of the functions' environments and of the workers. */
  processes(): {
    readonly functions: readonly number[];
    /** Those of `functions` that make renditions on request. */
    readonly deliver: readonly number[];
    /** Those of `functions` that keep the catalog. */
    readonly catalog: readonly number[];
    readonly workers: readonly number[];
  };
  /**
   * Receives no more, neither messages nor requests, finishes the messages in flight and releases the
   * rest. S3 and SQS keep running.
   */
  drain(): Promise<void>;
  /** Drains the messages in flight and ends every process of the fleet. */
  stop(): Promise<void>;
}

export interface FleetOptions {
  /** Keeps buckets and queues between runs. */
  readonly dataDir: string;
  /** The port of S3 and SQS; 0: any that is free. */
  readonly port: number;
  /** The edge's port; by default any that is free. */
  readonly edgePort?: number;
  /** Whether there are a catalog, notifications and the API of uploads. Default: false. */
  readonly catalog?: boolean;
  /** The API's port; by default any that is free. */
  readonly apiPort?: number;
  /** Origins whose pages may read responses of S3, SQS and the edge: `http://localhost:5173`. */
  readonly corsOrigins?: readonly string[];
  /** The module whose default export is the recipe. */
  readonly recipe: URL;
  /** The function's memory in bytes. A process that exceeds it is killed, as in Lambda. */
  readonly functionMemoryBytes?: number;
  /**
   * The most concurrent invocations of the function, and of the one that keeps the catalog; by default
   * half the CPUs, at least two.
   */
  readonly maximumConcurrency?: number;
  /**
   * The function's timeout in ms; 30,000 by default. The small lane's visibility timeout is a third
   * longer.
   */
  readonly functionTimeoutMs?: number;
  /** The large lane's visibility timeout in seconds, which the worker extends; 30 by default. */
  readonly leaseSeconds?: number;
  /** Worker processes; 1 by default. */
  readonly workers?: number;
  /**
   * The endpoint of S3 and SQS for the function, the workers and the event source, such as a fault
   * proxy's. Called once with the servers' endpoint.
   */
  readonly endpointFor?: (servers: string) => Promise<string>;
}
