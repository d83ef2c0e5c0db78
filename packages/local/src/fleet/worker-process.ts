import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compileCache } from "../function/index.ts";
import { onLines } from "../lines/index.ts";

const MAIN = fileURLToPath(import.meta.resolve("@imagefleet/worker/main"));
const WITH_PARENT = fileURLToPath(new URL("end-with-parent.ts", import.meta.url));

/** The delay before a failed worker is started again. */
const RESTART_MS = [100, 1_000, 5_000];

/** The longest line that it may print, in characters. */
const LONGEST_LINE = 1_000_000;

/** A run of this length, ms, counts as healthy. */
const HEALTHY_MS = 10_000;

export interface WorkerProcess {
  /** Undefined while no worker runs, because the id may have been reused. */
  pid(): number | undefined;
  /** Lets the worker drain and end. */
  stop(): Promise<void>;
}

/** The worker's program as a child process, which is started again when it exits, as in ECS. */
export function startWorkerProcess(options: {
  environment: Readonly<Record<string, string>>;
  onLog: (line: string) => void;
  onNotice: (text: string) => void;
}): WorkerProcess {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let deaths = 0;
  const ended = Promise.withResolvers<void>();

  const start = () => {
    const startedAt = performance.now();
    const stderr: string[] = [];
    const worker = spawn(process.execPath, ["--import", WITH_PARENT, MAIN], {
      env: { ...options.environment, ...compileCache() },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Its own process group: only the parent receives the terminal's Ctrl-C.
      detached: true,
    });
    child = worker;
    if (worker.stdout) onLines(worker.stdout, LONGEST_LINE, options.onLog);
    if (worker.stderr) onLines(worker.stderr, LONGEST_LINE, (line) => stderr.push(line));
    worker.once("exit", (code, signal) => {
      if (stopping) return ended.resolve();
      deaths = performance.now() - startedAt > HEALTHY_MS ? 1 : deaths + 1;
      const why = stderr.find((line) => /error/i.test(line)) ?? signal ?? `exit code ${code}`;
      options.onNotice(`the worker exited (${why}) and is started again`);
      timer = setTimeout(start, RESTART_MS[Math.min(deaths, RESTART_MS.length) - 1]);
    });
  };
  start();

  return {
    pid: () => (hasEnded(child) ? undefined : child?.pid),
    async stop() {
      stopping = true;
      clearTimeout(timer);
      if (child === undefined || hasEnded(child)) return;
      child.kill("SIGTERM");
      await ended.promise;
    },
  };
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child !== undefined && (child.exitCode !== null || child.signalCode !== null);
}
