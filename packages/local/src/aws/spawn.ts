import { fork } from "node:child_process";
import { once } from "node:events";
import * as v from "valibot";
import type { LocalAws, LocalAwsOptions } from "./server.ts";
import { FOLDER_ERRORS, FolderError, PortTaken } from "./start-error.ts";

const Report = v.variant("kind", [
  v.object({
    kind: v.literal("ready"),
    endpoint: v.string(),
    port: v.number(),
    credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string() }),
  }),
  v.object({ kind: v.literal("port taken"), port: v.number() }),
  v.object({
    kind: v.literal("folder unusable"),
    why: v.picklist(FOLDER_ERRORS),
    reason: v.string(),
  }),
  v.object({ kind: v.literal("failed"), reason: v.string() }),
]);

/** The message that the child sends to its parent, once. */
export type Report = v.InferOutput<typeof Report>;

// The end of stderr is the reason when a child exits without a report.
const keptStderr = 4096;

export interface SpawnedAws extends LocalAws {
  readonly pid: number;
  /** Resolves with the reason when the process has ended for any reason. */
  readonly ended: Promise<string>;
}

/**
 * Starts the servers in a separate process, which ends with this one in any case and ignores the
 * terminal's Ctrl-C.
 *
 * @throws PortTaken, FolderError
 */
export async function spawnLocalAws(options: LocalAwsOptions): Promise<SpawnedAws> {
  const child = fork(new URL("main.ts", import.meta.url), [JSON.stringify(options)], {
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const exited = once(child, "exit");
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keptStderr);
  });
  const endedEarly = exited.then(([code, signal]) => {
    throw new Error(
      `the local AWS servers ended (${signal ?? code}) before they were ready\n${stderr}`,
    );
  });
  endedEarly.catch(() => {});

  const [message] = await Promise.race([once(child, "message"), endedEarly]);
  const report = v.parse(Report, message);
  if (report.kind !== "ready" || child.pid === undefined) {
    await exited;
    throw errorOf(report);
  }
  const close = async () => {
    // The child closes when its parent disconnects.
    if (child.connected) child.disconnect();
    await exited;
  };
  const ended = exited.then(
    ([code, signal]) => stderr.trim() || (signal === null ? `exit code ${code}` : String(signal)),
  );
  const { endpoint, port, credentials } = report;
  return { endpoint, port, credentials, pid: child.pid, close, ended };
}

function errorOf(report: Report): Error {
  switch (report.kind) {
    case "port taken":
      return new PortTaken(report.port);
    case "folder unusable":
      return new FolderError(report.why, report.reason);
    case "failed":
      return new Error(report.reason);
    case "ready":
      return new Error("the local AWS servers have no process id");
  }
}
