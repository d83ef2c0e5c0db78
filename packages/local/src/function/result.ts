/**
 * How an invocation ended. `ms` is its wall time, with a cold start's import. All kinds except
 * `returned` and `streamed` are function errors in Lambda's terms.
 */
export type InvokeResult =
  | { readonly kind: "returned"; readonly payload: unknown; readonly ms: number }
  /** A streaming handler has ended its stream. */
  | { readonly kind: "streamed"; readonly ms: number }
  | {
      readonly kind: "threw";
      readonly errorType: string;
      readonly message: string;
      readonly ms: number;
    }
  | {
      readonly kind: "crashed";
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly ms: number;
    }
  | { readonly kind: "timedOut"; readonly ms: number }
  | { readonly kind: "outOfMemory"; readonly ms: number };

/** Receives the response of a streaming handler while it is written. */
export type OnChunk = (data: Uint8Array, contentType: string) => void;

/** The end of a handler process and its cause. */
export interface EnvironmentExit {
  /** Undefined when the process could not be started. */
  readonly pid: number | undefined;
  readonly why: "crash" | "timeout" | "memory" | "stopped";
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}
