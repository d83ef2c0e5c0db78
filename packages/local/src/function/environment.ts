import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { Duplex } from "node:stream";
import { onLines } from "../lines/index.ts";
import { launch } from "./launch.ts";
import { peakMemory, READS_OTHERS_MEMORY } from "./memory.ts";
import type { FunctionOptions } from "./options.ts";
import { parseReply, type Reply } from "./protocol.ts";
import type { EnvironmentExit, InvokeResult, OnChunk } from "./result.ts";

/** The largest event of CloudWatch Logs: 1 MiB. */
const LONGEST_LOG_LINE = 1024 * 1024;
/** Lambda's responses are limited to 6 MB; JSON may encode one byte as six characters. */
const LONGEST_REPLY = 40 * 1024 * 1024;
/** Lambda's time limit for an import, after which it starts again within the function's timeout. */
const INIT_MS = 10_000;
/** The longest wait for the output of an ended process, whose pipes a grandchild may hold open. */
const LAST_WORDS_MS = 250;
const MEMORY_LOOK_MS = 25;

type WithoutTime<R> = R extends InvokeResult ? Omit<R, "ms"> : never;
type Ending = WithoutTime<InvokeResult>;

/** An execution environment: a process that imports the handler once. */
export class Environment {
  /** Whether it cannot run further invocations. */
  ended = false;
  readonly #options: FunctionOptions;
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  #why: EnvironmentExit["why"] = "crash";
  #requestId: string | undefined;
  #settle: ((ending: Ending) => void) | undefined;
  #verdict: Ending | undefined;
  #onChunk: OnChunk | undefined;

  constructor(options: FunctionOptions, onExit: (exit: EnvironmentExit) => void) {
    this.#options = options;
    this.#child = launch(options);
    this.#child.once("error", (error) => {
      this.ended = true;
      options.onLog(`The process of ${options.name} could not be started: ${error.message}`);
    });
    const channel = this.#child.stdio[3];
    if (!(channel instanceof Duplex)) throw new Error("A handler process has no channel");
    this.#channel = channel;
    // A write to a process that has just exited: its exit is handled elsewhere, and an unhandled error would end this program.
    channel.on("error", () => {});
    onLines(channel, LONGEST_REPLY, (line) => this.#hear(line));
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (output) onLines(output, LONGEST_LOG_LINE, options.onLog);
    }
    this.#child.once("exit", () => {
      this.ended = true;
      const giveUp = setTimeout(() => {
        for (const stream of this.#child.stdio) stream?.destroy();
      }, LAST_WORDS_MS);
      this.#child.once("close", () => clearTimeout(giveUp));
    });
    this.#child.once("close", (code: number | null, signal: NodeJS.Signals | null) => {
      this.ended = true;
      onExit({ pid: this.pid, why: this.#why, code, signal });
      this.#ready.resolve();
      this.#gone.resolve();
      this.#settle?.(this.#verdict ?? this.#endingOf(code, signal));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The caller must not overlap invocations. `event` is JSON. */
  async invoke(event: string, onChunk?: OnChunk): Promise<InvokeResult> {
    const mayHaveRun = performance.now();
    const ending = Promise.withResolvers<Ending>();
    this.#settle = ending.resolve;
    this.#onChunk = onChunk;
    const memory = setInterval(() => this.#checkMemory(), MEMORY_LOOK_MS).unref();
    let deadline = setTimeout(() => this.#end("timeout"), INIT_MS + this.#options.timeoutMs);
    await this.#ready.promise;
    clearTimeout(deadline);
    deadline = setTimeout(() => this.#end("timeout"), this.#options.timeoutMs);
    this.#requestId = randomUUID();
    const deadlineMs = Date.now() + this.#options.timeoutMs;
    this.#channel.write(
      `{"requestId":"${this.#requestId}","deadlineMs":${deadlineMs},"event":${event}}\n`,
    );
    try {
      return { ...(await ending.promise), ms: performance.now() - mayHaveRun };
    } finally {
      clearTimeout(deadline);
      clearInterval(memory);
      this.#settle = undefined;
      this.#onChunk = undefined;
      this.#requestId = undefined;
    }
  }

  /** Ends an idle process; resolves when it has ended. */
  stop(): Promise<void> {
    this.#end("stopped");
    return this.#gone.promise;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #end(why: EnvironmentExit["why"]): void {
    this.ended = true;
    if (this.#why === "crash") this.#why = why;
    this.kill();
  }

  #hear(line: string): void {
    const reply = parseReply(line);
    if (!reply) {
      this.#options.onLog(
        `The handler wrote to fd 3, which is the runtime's: ${line.slice(0, 200)}`,
      );
    } else if (reply.kind === "ready") {
      this.#ready.resolve();
    } else if (reply.kind === "memory") {
      this.#judgeMemory(reply.bytes);
    } else if (reply.kind === "failedToLoad") {
      // The process exits, which settles the invocation.
      this.ended = true;
      this.#verdict = { kind: "threw", errorType: reply.errorType, message: reply.message };
    } else if (reply.requestId !== this.#requestId) {
      // Of an earlier invocation, or forged by the handler.
    } else if (reply.kind === "chunk") {
      this.#onChunk?.(reply.data, reply.contentType);
    } else {
      // Output from before this response may be read after it, in the same turn.
      setImmediate(() => this.#answer(reply));
    }
  }

  #answer(reply: Exclude<Extract<Reply, { requestId: string }>, { kind: "chunk" }>): void {
    this.#checkMemory();
    if (this.ended) return;
    const { requestId: _id, ...ending } = reply;
    this.#settle?.(ending);
  }

  #checkMemory(): void {
    if (!READS_OTHERS_MEMORY || this.pid === undefined) return;
    this.#judgeMemory(peakMemory(this.pid) ?? 0);
  }

  #judgeMemory(bytes: number): void {
    if (bytes > this.#options.memoryBytes) this.#end("memory");
  }

  #endingOf(code: number | null, signal: NodeJS.Signals | null): Ending {
    if (this.#why === "timeout") return { kind: "timedOut" };
    if (this.#why === "memory") return { kind: "outOfMemory" };
    return { kind: "crashed", code, signal };
  }
}
