import { createInterface } from "node:readline";
import { getContainerRuntimeClient, Wait } from "testcontainers";
import { ReadOnlyContainer } from "./read-only-container.ts";

/** The resources of a Fargate task. */
export interface TaskSize {
  /** The container's memory in MiB, or the cgroup that limits it. */
  readonly memory: number | { readonly cgroup: string };
  readonly cpus: number;
}

/** How a container ended. */
interface Exit {
  readonly code: number;
  readonly outOfMemory: boolean;
}

/** The worker's image, run as on Fargate: with limits, its own user, and only a writable scratch folder. */
export interface WorkerContainer {
  /** Its log so far, each line as an object. */
  readonly lines: readonly Record<string, unknown>[];
  /** Resolves with the first past or future line that has these fields. */
  said(fields: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  kill(signal: "SIGTERM" | "SIGSTOP"): Promise<void>;
  /** Resolves when it has ended. */
  exit(): Promise<Exit>;
  /** Starts the ended container again, as an orchestrator would start a new one. */
  restart(): Promise<void>;
  /** Runs a command in the container and returns its output. */
  run(command: string[]): Promise<{ code: number; output: string }>;
  remove(): Promise<void>;
}

/**
 * @param environment the worker's variables; addresses are on the host's 127.0.0.1
 * @param recipe a file that replaces the image's recipe
 */
export async function startWorkerContainer(
  image: string,
  environment: Record<string, string>,
  { memory, cpus }: TaskSize,
  recipe?: string,
): Promise<WorkerContainer> {
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const container = await new ReadOnlyContainer(image, memory)
    .withCpus(cpus)
    .withBindMounts(
      recipe === undefined ? [] : [{ source: recipe, target: "/app/recipe.ts", mode: "ro" }],
    )
    .withNetworkMode("host")
    .withEnvironment(environment)
    .withLogConsumer((stream) => {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(parseLine(line));
        for (const look of waiting) look();
      });
    })
    .withWaitStrategy(Wait.forLogMessage('"msg":"ready"'))
    .start();
  const client = await getContainerRuntimeClient();
  const engine = client.container.getById(container.getId());

  return {
    lines,
    async said(fields) {
      const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
      const look = () => {
        const found = lines.find((line) =>
          Object.entries(fields).every(([name, value]) => line[name] === value),
        );
        if (found) resolve(found);
      };
      waiting.add(look);
      look();
      return promise.finally(() => waiting.delete(look));
    },
    kill: (signal) => engine.kill({ signal }),
    async exit() {
      await engine.wait();
      const { State } = await engine.inspect();
      return { code: State.ExitCode, outOfMemory: State.OOMKilled };
    },
    restart: () => engine.start(),
    async run(command) {
      const { exitCode, output } = await container.exec(command);
      return { code: exitCode, output };
    },
    remove: () => engine.remove({ force: true, v: true }),
  };
}

/** Node's own errors at the start are not log lines. */
function parseLine(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}
