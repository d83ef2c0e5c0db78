import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { newIdentity, variablesOf } from "./identity.ts";
import { READS_OTHERS_MEMORY } from "./memory.ts";
import type { FunctionOptions } from "./options.ts";
import type { Launch } from "./protocol.ts";

/** Starts a handler process; its channel is `stdio[3]`. */
export function launch(options: FunctionOptions): ChildProcess {
  const identity = newIdentity(options);
  const handed: Launch = {
    handler: options.handler.href,
    exportName: options.exportName,
    identity,
    reportMemory: !READS_OTHERS_MEMORY,
    // As Lambda's runtime: src/utils/globals.ts of aws/aws-lambda-nodejs-runtime-interface-client.
    hasGlobal: !["1", "true"].includes(
      options.environment["AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA"] ?? "",
    ),
  };
  const megabytes = Number(identity.memoryLimitInMB);
  // The flags of Lambda's bootstrap for Node.js: a tenth of the memory for the young generation (half
  // of it a semi-space), and the rest for the old generation.
  const young = Math.floor(megabytes / 10);
  const [command = process.execPath, ...args] = [...(options.launcher ?? []), process.execPath];
  return spawn(
    command,
    [
      ...args,
      "--expose-gc",
      "--max-http-header-size=81920",
      `--max-semi-space-size=${Math.floor(young / 2)}`,
      `--max-old-space-size=${megabytes - young}`,
      fileURLToPath(new URL("./runtime/main.ts", import.meta.url)),
      JSON.stringify(handed),
    ],
    {
      env: variablesOf(options, identity),
      // A separate fd instead of Node's IPC: a handler that uses process.send or listens to "message"
      // can neither send nor receive the runtime's messages.
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      // Outside of the terminal's process group: only the parent receives Ctrl-C, and finishes invocations.
      detached: true,
    },
  );
}
