/**
 * The program of a handler process: what Lambda's runtime interface client is to Node.js there.
 * It imports nothing but Node's own modules: whatever it loaded would count as the handler's memory.
 */
import { Socket } from "node:net";
import process, { argv, exit, memoryUsage, stderr, stdout } from "node:process";
import type { Writable } from "node:stream";
import { onLines } from "../../lines/index.ts";
import type { Invocation, Launch } from "../protocol.ts";
import { contextOf } from "./context.ts";
import { faultOf, logLine } from "./fault.ts";
import { type Handler, LoadError, loadHandler } from "./handler.ts";
import { payloadOf } from "./payload.ts";

// The exit codes of Lambda's runtime interface client.
const UNHANDLED_REJECTION = 128;
const UNCAUGHT_EXCEPTION = 129;
const MEMORY_REPORT_MS = 25;
/** Ten messages of 1 MiB, with room for JSON's escapes. */
const LONGEST_INVOCATION = 40 * 1024 * 1024;

// The parent alone decides when this process ends: a process manager may signal all of them at once.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("uncaughtException", (error) => die("Uncaught Exception", error, UNCAUGHT_EXCEPTION));
process.on("unhandledRejection", (error) =>
  die("Unhandled Promise Rejection", error, UNHANDLED_REJECTION),
);

const launch: Launch = JSON.parse(argv[2] ?? "");
let handler: Handler | undefined;
let requestId = "undefined";

const channel = new Socket({ fd: 3 });
// The channel ends with the parent, and a handler must not outlive it. Not by `exit`, which waits for
// native work under way, such as a picture that is being encoded.
const follow = () => process.kill(process.pid, "SIGKILL");
channel.on("error", follow);
channel.on("end", follow);
// Listened to before the import, so that a parent that dies meanwhile is noticed; it sends nothing until "ready".
onLines(channel, LONGEST_INVOCATION, (line) => void serve(JSON.parse(line)));

if (launch.reportMemory) {
  setInterval(() => {
    channel.write(`{"kind":"memory","bytes":${memoryUsage.rss()}}\n`);
  }, MEMORY_REPORT_MS).unref();
}

try {
  handler = await loadHandler(launch.handler, launch.exportName);
  channel.write('{"kind":"ready"}\n');
} catch (error) {
  logError("Init Error", error);
  const reply = { kind: "failedToLoad", ...faultOf(error) };
  if (error instanceof LoadError) reply.errorType = error.errorType;
  channel.end(`${JSON.stringify(reply)}\n`, () => exit(1));
}

async function serve(invocation: Invocation): Promise<void> {
  requestId = invocation.requestId;
  let reply: string;
  try {
    const result = await handler?.(invocation.event, contextOf(launch.identity, invocation));
    reply = `{"kind":"returned","requestId":"${requestId}","payload":${payloadOf(result)}}`;
  } catch (error) {
    logError("Invoke Error", error);
    reply = JSON.stringify({ kind: "threw", requestId, ...faultOf(error) });
  }
  // What the handler printed is its invocation's: it is out before the answer is.
  await Promise.all([flushed(stdout), flushed(stderr)]);
  channel.write(`${reply}\n`);
}

async function flushed(output: Writable): Promise<void> {
  if (output.writableLength === 0) return;
  await new Promise<void>((resolve) => output.write("", () => resolve()));
}

function logError(what: string, error: unknown): void {
  stderr.write(logLine(requestId, what, error));
}

function die(what: string, error: unknown, code: number): never {
  logError(what, error);
  return exit(code);
}
