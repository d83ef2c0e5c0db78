/**
 * The program of a handler process, like Lambda's runtime interface client. It imports only Node's
 * modules, because its memory counts as the handler's.
 */
import { flushCompileCache } from "node:module";
import { Socket } from "node:net";
import process, { argv, exit, memoryUsage, stderr, stdout } from "node:process";
import type { Writable } from "node:stream";
import { onLines } from "../../lines/index.ts";
import type { Invocation, Launch } from "../protocol.ts";
import { contextOf } from "./context.ts";
import { faultOf, logLine } from "./fault.ts";
import { type Handler, LoadError, loadHandler } from "./handler.ts";
import { payloadOf } from "./payload.ts";
import { isStreaming, ResponseStream, setGlobal, streamed } from "./streaming.ts";

// The exit codes of Lambda's runtime interface client.
const UNHANDLED_REJECTION = 128;
const UNCAUGHT_EXCEPTION = 129;
const MEMORY_REPORT_MS = 25;
/** Ten messages of 1 MiB, with room for JSON's escapes. */
const LONGEST_INVOCATION = 40 * 1024 * 1024;

// Only the parent ends this process: a process manager may signal all processes at once.
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
// The channel closes with the parent, and a handler must not outlive it. `exit` would wait for running
// native work, such as the encoding of a picture.
const follow = () => process.kill(process.pid, "SIGKILL");
channel.on("error", follow);
channel.on("end", follow);
// Before the import, so that the end of the parent is noticed. The parent sends nothing until "ready".
onLines(channel, LONGEST_INVOCATION, (line) => void serve(JSON.parse(line)));

if (launch.reportMemory) {
  setInterval(() => {
    channel.write(`{"kind":"memory","bytes":${memoryUsage.rss()}}\n`);
  }, MEMORY_REPORT_MS).unref();
}

if (launch.hasGlobal) setGlobal();
try {
  handler = await loadHandler(launch.handler, launch.exportName);
  channel.write('{"kind":"ready"}\n');
  // Not at its end, which is a kill.
  flushCompileCache();
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
    const context = contextOf(launch.identity, invocation);
    if (handler !== undefined && isStreaming(handler)) {
      await streamed(handler, invocation.event, context, new ResponseStream(sendChunk));
      reply = `{"kind":"streamed","requestId":"${requestId}"}`;
    } else {
      const result = await handler?.(invocation.event, context);
      reply = `{"kind":"returned","requestId":"${requestId}","payload":${payloadOf(result)}}`;
    }
  } catch (error) {
    logError("Invoke Error", error);
    reply = JSON.stringify({ kind: "threw", requestId, ...faultOf(error) });
  }
  // The handler's output belongs to its invocation, and so is flushed before the response.
  await Promise.all([flushed(stdout), flushed(stderr)]);
  channel.write(`${reply}\n`);
}

function sendChunk(data: Buffer, contentType: string, done: () => void): void {
  const chunk = { kind: "chunk", requestId, contentType, data: data.toString("base64") };
  channel.write(`${JSON.stringify(chunk)}\n`, () => done());
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
