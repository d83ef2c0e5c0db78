import { fileURLToPath } from "node:url";
import type { FunctionArtifact } from "./function-artifact.ts";
import { ReadOnlyContainer } from "./read-only-container.ts";
import { type RuntimeApi, startRuntimeApi } from "./runtime-api.ts";

const IMAGE = "node:24-bookworm-slim";
const RUNTIME = fileURLToPath(new URL("runtime", import.meta.url));
const BUNDLE = "/var/task/bundle.mjs";
const BARE = "/var/bare/bare.mjs";
const MEMORY_MIB = 2048;
/** The memory for which Lambda gives a function one processor. */
const MIB_PER_CPU = 1769;
/** Any user that is not root, as in Lambda. */
const USER = "993:990";

/** The wall and CPU time in ms of the import in a new process, per round. */
export type Starts = readonly { readonly ms: number; readonly cpuMs: number }[];

/** The function's artifact in an environment that is similar to Lambda's. */
export interface FunctionContainer {
  /** @throws Error with the runtime's error */
  invoke(event: unknown, timeoutMs: number): Promise<unknown>;
  /** The starts of the artifact and of its required packages alone. */
  starts(): Promise<{ artifact: Starts; bare: Starts }>;
  /** The peak memory of the container in bytes, with cached files. */
  peakBytes(): Promise<number>;
  /** Runs a command in the container and returns its exit code. */
  run(command: string[]): Promise<number>;
  remove(): Promise<void>;
}

/**
 * The artifact in /var/task, read-only, with a writable /tmp, its own memory and share of the processors,
 * an unprivileged user, and only Node besides on the disk.
 *
 * @param environment the function's variables; addresses are on the host's 127.0.0.1
 */
export async function startFunctionContainer(
  { folder, bare, handler }: FunctionArtifact,
  environment: Record<string, string>,
  onLog: (line: string) => void,
): Promise<FunctionContainer> {
  const api = await startRuntimeApi();
  const container = await new ReadOnlyContainer(IMAGE, MEMORY_MIB)
    .withCpus(MEMORY_MIB / MIB_PER_CPU)
    .withNetworkMode("host")
    .withUser(USER)
    .withTmpFs({ "/tmp": "rw,size=512m" })
    .withBindMounts([
      { source: folder, target: "/var/task", mode: "ro" },
      { source: bare, target: "/var/bare", mode: "ro" },
      { source: RUNTIME, target: "/var/runtime", mode: "ro" },
    ])
    .withWorkingDir("/var/task")
    .withEnvironment({
      ...environment,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MEMORY_MIB),
      AWS_LAMBDA_RUNTIME_API: api.address,
      LAMBDA_TASK_ROOT: "/var/task",
      _HANDLER: handler,
    })
    .withCommand(["node", ...bootstrapFlags(), "/var/runtime/main.ts"])
    .withLogConsumer((stream) => stream.on("data", (data) => onLog(String(data).trimEnd())))
    .start();

  const printed = async (command: string[]): Promise<string> => {
    const { exitCode, output } = await container.exec(command);
    if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${output}`);
    return output;
  };
  return {
    invoke: (event: unknown, timeoutMs: number): ReturnType<RuntimeApi["invoke"]> =>
      api.invoke(event, timeoutMs),
    async starts() {
      const output = await printed(["node", "/var/runtime/cold.ts", BUNDLE, BARE]);
      const found: Record<string, Starts> = JSON.parse(output);
      return { artifact: found[BUNDLE] ?? [], bare: found[BARE] ?? [] };
    },
    async peakBytes() {
      // Version 1 of cgroups has another name for it.
      const script =
        "cat /sys/fs/cgroup/memory.peak || cat /sys/fs/cgroup/memory/memory.max_usage_in_bytes";
      return Number((await printed(["sh", "-c", `(${script}) 2>/dev/null`])).trim());
    },
    run: async (command) => (await container.exec(command)).exitCode,
    async remove() {
      await container.stop({ remove: true, timeout: 0 });
      await api.close();
    },
  };
}

/** The flags of Lambda's bootstrap for Node.js: the young generation has a tenth of the memory. */
function bootstrapFlags(): string[] {
  const young = Math.floor(MEMORY_MIB / 10);
  return [
    "--expose-gc",
    "--max-http-header-size=81920",
    `--max-semi-space-size=${Math.floor(young / 2)}`,
    `--max-old-space-size=${MEMORY_MIB - young}`,
  ];
}
