/**
 * How one invocation ended. `ms` is its wall time, a cold start's import included.
 * All but `returned` are what Lambda calls a function error.
 */
export type InvokeResult =
  | { readonly kind: "returned"; readonly payload: unknown; readonly ms: number }
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

/** The end of one handler process and who decided it. */
export interface EnvironmentExit {
  /** undefined when the machine could not start the process at all. */
  readonly pid: number | undefined;
  readonly why: "crash" | "timeout" | "memory" | "stopped";
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}
