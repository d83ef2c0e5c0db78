import { fileURLToPath } from "node:url";
import type { FunctionArtifact } from "./function-artifact.ts";
import { ReadOnlyContainer } from "./read-only-container.ts";
import { type RuntimeApi, startRuntimeApi } from "./runtime-api.ts";

const IMAGE = "node:24-bookworm-slim";
const RUNTIME = fileURLToPath(new URL("runtime", import.meta.url));
const BUNDLE = "/var/task/bundle.mjs";
const BARE = "/var/bare/bare.mjs";
const MEMORY_MIB = 2048;
/** Lambda gives a function so much memory for each processor. */
const MIB_PER_CPU = 1769;
/** Any that is not root, as Lambda's own. */
const USER = "993:990";

/** Import to ready in a fresh process, each round: ms of wall and of CPU time. */
export type Starts = readonly { readonly ms: number; readonly cpuMs: number }[];

/** The function's artifact in an environment like Lambda's. */
export interface FunctionContainer {
  /** @throws Error with what the runtime said instead of an answer */
  invoke(event: unknown, timeoutMs: number): Promise<unknown>;
  /** The artifact's starts, and those of the packages alone that it cannot do without. */
  starts(): Promise<{ artifact: Starts; bare: Starts }>;
  /** The most memory that everything inside has had so far, files in the cache included, bytes. */
  peakBytes(): Promise<number>;
  /** The exit code of a command inside. */
  run(command: string[]): Promise<number>;
  remove(): Promise<void>;
}

/**
 * The artifact unpacked in /var/task, read-only, /tmp to write to, its own memory and share of the
 * processors, no other user's rights, and nothing else on the disk but Node.
 *
 * @param environment the function's variables; addresses are the host's own 127.0.0.1
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
      // Cgroups of version 1 have it under another name.
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

/** Of Lambda's own bootstrap for Node.js: a tenth of the memory is the young generation's. */
function bootstrapFlags(): string[] {
  const young = Math.floor(MEMORY_MIB / 10);
  return [
    "--expose-gc",
    "--max-http-header-size=81920",
    `--max-semi-space-size=${Math.floor(young / 2)}`,
    `--max-old-space-size=${MEMORY_MIB - young}`,
  ];
}
