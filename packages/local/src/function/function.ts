import pLimit from "p-limit";
import { Environment } from "./environment.ts";
import { checkFunctionOptions, type FunctionOptions } from "./options.ts";
import type { InvokeResult, OnChunk } from "./result.ts";

/** A Lambda function on this machine: warm processes up to a maximum, each with one invocation at a time. */
export interface LocalFunction {
  readonly name: string;
  readonly maximumConcurrency: number;
  /** ms */
  readonly timeoutMs: number;
  /**
   * Does not reject for errors of the handler, which are results.
   * @param onChunk receives what a streaming handler writes; without it, it is dropped
   * @throws TypeError for an event that is not JSON; Error once the function is stopped
   */
  invoke(event: unknown, onChunk?: OnChunk): Promise<InvokeResult>;
  /** The ids of the running handler processes. */
  pids(): readonly number[];
  /** Rejects new invocations, finishes those that run and wait, and then ends every process. */
  stop(): Promise<void>;
}

/**
 * A process starts when an invocation finds none idle, as in Lambda. Lambda freezes processes between
 * invocations; here they keep running, so a handler's timers fire.
 * @throws FunctionOptionsError
 */
export function startFunction(options: FunctionOptions): LocalFunction {
  checkFunctionOptions(options);
  const living = new Set<Environment>();
  const idle: Environment[] = [];
  const inFlight = new Set<Promise<unknown>>();
  const turns = pLimit(options.maximumConcurrency);
  let stopping: Promise<void> | undefined;

  // No handler outlives this program unless a signal ends it. Then the channels close and the handlers
  // end, except for one in an endless loop.
  const killAll = (): void => {
    for (const environment of living) environment.kill();
  };
  process.on("exit", killAll);

  const start = (): Environment => {
    const environment = new Environment(options, (exit) => {
      living.delete(environment);
      options.onExit?.(exit);
    });
    living.add(environment);
    return environment;
  };

  const run = async (event: string, onChunk?: OnChunk): Promise<InvokeResult> => {
    let environment = idle.pop();
    while (environment?.ended) environment = idle.pop();
    environment ??= start();
    const result = await environment.invoke(event, onChunk);
    if (!environment.ended) idle.push(environment);
    return result;
  };

  const drain = async (): Promise<void> => {
    await Promise.all(inFlight);
    await Promise.all(Array.from(living, (environment) => environment.stop()));
    process.off("exit", killAll);
  };

  return {
    name: options.name,
    maximumConcurrency: options.maximumConcurrency,
    timeoutMs: options.timeoutMs,
    async invoke(event, onChunk) {
      if (stopping) throw new Error(`The function ${options.name} is stopped: start it again`);
      const json = JSON.stringify(event ?? null);
      const invocation = turns(() => run(json, onChunk));
      inFlight.add(invocation);
      try {
        return await invocation;
      } finally {
        inFlight.delete(invocation);
      }
    },
    pids: () =>
      Array.from(living, (environment) => environment.pid).filter((pid) => pid !== undefined),
    stop: () => (stopping ??= drain()),
  };
}
