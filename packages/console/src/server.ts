import { createHash } from "node:crypto";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { type ServerType, serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import pLimit from "p-limit";
import * as v from "valibot";
import { readAssets } from "./assets.ts";
import { type Command, CommandError, commandSchema, invocationOf, isChange } from "./command.ts";
import { LabRoutes, type OpenLab } from "./lab.ts";
import { Live, type LiveEvent } from "./live.ts";
import { type Buckets, type Picture, Pictures } from "./pictures.ts";
import { type Child, type CommandLine, Processes } from "./processes.ts";
import { HEADERS, openSession, Sessions, sameOriginOnly, sessionOnly } from "./protection.ts";
import { parsed, Runs } from "./runs.ts";

export interface ConsoleOptions {
  readonly line: CommandLine;
  readonly buckets: Buckets;
  readonly openLab: OpenLab;
  /** The fleet as text: `the local fleet, http://127.0.0.1:4566`. */
  readonly where: string;
  readonly isLocal: boolean;
  /** The port of 127.0.0.1; 0: any free port. */
  readonly port: number;
  /** Refuses all commands that change something. */
  readonly readOnly: boolean;
}

/** A console that runs. */
export interface Console extends AsyncDisposable {
  /** `http://127.0.0.1:4569` */
  readonly url: string;
  /** A link that opens the console once. */
  newLink(): string;
}

/** The time between two looks at the queues, s. A look costs four requests to SQS. */
const EVERY_SECONDS = { local: 2, cloud: 5 } as const;

/** Commands that only read and that run at the same time: each is a process. */
const READS = 3;

/** A command has keys of 1,024 bytes at most, and no page sends more. */
const MAX_BODY_BYTES = 64 * 1024;

/** An event at least this often shows the page that the console is there, ms. */
const HEARTBEAT_MS = 5_000;

const tokenSchema = v.object({ token: v.string() });
const runIdSchema = v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number));
const previewSchema = v.object({ key: v.string(), etag: v.optional(v.string(), "") });
const renditionSchema = v.object({ key: v.string() });

/**
 * Starts the console on 127.0.0.1: a page, the commands of the command line as processes, and the pictures
 * of the fleet.
 *
 * @throws Error with code EADDRINUSE when the port is in use
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const sessions = new Sessions();
  const processes = new Processes(options.line);
  const runs = new Runs(processes, (state) => live.send({ event: "run", data: state }));
  const every = options.isLocal ? EVERY_SECONDS.local : EVERY_SECONDS.cloud;
  const live = new Live(processes, every, () => runs.states);
  const pictures = new Pictures(options.buckets);
  const lab = new LabRoutes(options.openLab);
  let hosts: readonly string[] = [];
  const app = routes(options, {
    sessions,
    processes,
    runs,
    live,
    pictures,
    lab,
    every,
    hosts: () => hosts,
  });
  const server = await listen(app, options.port);
  const port = portOf(server);
  hosts = ["127.0.0.1", "localhost"].map((name) => `${name}:${port}`);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    newLink: () => `${url}/#token=${sessions.newToken()}`,
    async [Symbol.asyncDispose]() {
      live.close();
      processes[Symbol.dispose]();
      const closed = new Promise((resolve) => server.close(resolve));
      if ("closeAllConnections" in server) server.closeAllConnections();
      await Promise.all([
        closed,
        runs.close(),
        pictures[Symbol.asyncDispose](),
        lab[Symbol.asyncDispose](),
      ]);
    },
  };
}

interface Parts {
  readonly sessions: Sessions;
  readonly processes: Processes;
  readonly runs: Runs;
  readonly live: Live;
  readonly pictures: Pictures;
  readonly lab: LabRoutes;
  readonly every: number;
  readonly hosts: () => readonly string[];
}

function routes(options: ConsoleOptions, parts: Parts): Hono {
  const { sessions, processes, runs, live, pictures } = parts;
  const { line, where, isLocal, readOnly } = options;
  let assets: ReturnType<typeof packed> | undefined;
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    }
  });
  app.use(sameOriginOnly(parts.hosts));
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  app.onError((error, c) => answerError(error, c));

  // The page itself holds nothing of the fleet: it can be shown to anybody on this machine.
  app.get("/", (c) => {
    assets ??= packed();
    return c.html(PAGE);
  });
  const asset = (name: "main.js" | "main.css", type: string) =>
    app.get(`/${name}`, async (c) => {
      assets ??= packed();
      const { plain, gzipped } = (await assets)[name];
      const isGzipped = c.req.header("accept-encoding")?.includes("gzip") ?? false;
      return c.body(isGzipped ? gzipped : plain, 200, {
        "content-type": `${type}; charset=utf-8`,
        ...(isGzipped && { "content-encoding": "gzip" }),
      });
    });
  asset("main.js", "text/javascript");
  asset("main.css", "text/css");
  app.get("/icon.svg", (c) => c.body(ICON, 200, { "content-type": "image/svg+xml" }));

  app.post(
    "/api/session",
    openSession(sessions, (body) => v.parse(tokenSchema, body).token),
  );
  app.use("/api/*", sessionOnly(sessions));
  app.get("/api/console", (c) => {
    processes.prepare();
    return c.json({
      where,
      isLocal,
      readOnly,
      everySeconds: parts.every,
      invocation: line.invocation,
    });
  });

  app.get("/api/live", (c) =>
    streamSSE(c, async (events) => {
      const write = ({ event, data }: LiveEvent) =>
        events.writeSSE({ event, data: JSON.stringify(data) });
      const unsubscribe = live.subscribe((event) => void write(event));
      const ended = new Promise<void>((resolve) => events.onAbort(resolve));
      const beat = setInterval(
        () => void events.writeSSE({ event: "beat", data: "" }),
        HEARTBEAT_MS,
      );
      await ended;
      clearInterval(beat);
      unsubscribe();
    }),
  );

  const commandOf = async (c: Context): Promise<Command> =>
    v.parse(commandSchema, await c.req.json());
  const invoke = (command: Command) =>
    invocationOf(command, {
      exported: (run) => runs.exported(run),
      checkpoint: (key) =>
        `imagefleet-reprocess.json.${createHash("sha256").update(key).digest("hex").slice(0, 8)}`,
    });
  const atOnce = pLimit(READS);

  app.post("/api/text", async (c) =>
    c.json({ text: processes.textOf(invoke(await commandOf(c))) }),
  );
  app.post("/api/read", async (c) => {
    const command = await commandOf(c);
    if (isChange(command)) throw new CommandError(`${command.name} changes something: it is a run`);
    const invocation = invoke(command);
    const { signal } = c.req.raw;
    const startedAt = performance.now();
    const ended = await atOnce(() => toEnd(processes, invocation, signal));
    const seconds = (performance.now() - startedAt) / 1000;
    return c.json({ ...ended, seconds, text: processes.textOf(invocation) });
  });
  app.post("/api/export", async (c) => {
    const command = await commandOf(c);
    if (command.name !== "dlq export") throw new CommandError(`${command.name} is no export`);
    return new Response(linesOf(processes.start(invoke(command))), {
      headers: {
        "content-type": "application/x-ndjson",
        "content-disposition": 'attachment; filename="dead-letters.ndjson"',
      },
    });
  });
  app.post("/api/runs", async (c) => {
    const command = await commandOf(c);
    if (readOnly && isChange(command)) {
      return c.json(
        { error: `The console was started with --read-only: ${command.name} changes something.` },
        403,
      );
    }
    return c.json(runs.begin(command.name, invoke(command)));
  });
  app.delete("/api/runs/:id", (c) => {
    const id = v.parse(runIdSchema, c.req.param("id"));
    return runs.stop(id) ? c.json({}) : c.json({ error: `Run ${id} is not in progress.` }, 404);
  });

  app.get("/api/preview", async (c) => {
    const { key, etag } = v.parse(previewSchema, c.req.query());
    return answerPicture(c, await pictures.preview(key, etag));
  });
  app.get("/api/rendition", async (c) => {
    const { key } = v.parse(renditionSchema, c.req.query());
    return answerPicture(c, await pictures.rendition(key));
  });
  parts.lab.add(app, readOnly);
  return app;
}

/** The files of the page, compressed once. */
async function packed() {
  const { script, style } = await readAssets();
  const pack = (text: string) => ({ plain: text, gzipped: new Uint8Array(gzipSync(text)) });
  return { "main.js": pack(script), "main.css": pack(style) };
}

/** What a command prints, as it comes. The answer breaks off when the command fails, so that it is not taken for whole. */
function linesOf(child: Child): ReadableStream<Uint8Array> {
  const ended = once(child.process, "close");
  const chunks = child.stdout[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (!done) return controller.enqueue(encoder.encode(String(value)));
      const [code] = await ended;
      if (code === 0) controller.close();
      else controller.error(new Error(`the command ended with ${code}`));
    },
    cancel: () => void child.interrupt(),
  });
}

/** What a command printed, when it has ended. */
async function toEnd(
  processes: Processes,
  invocation: ReturnType<typeof invocationOf>,
  signal: AbortSignal,
): Promise<{ code: number | null; output: unknown[]; errors: string[] }> {
  signal.throwIfAborted();
  const child = processes.start(invocation);
  const stop = () => void child.interrupt();
  signal.addEventListener("abort", stop);
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.process.once("error", reject).once("close", resolve);
    });
    const [stdout, stderr, code] = await Promise.all([
      child.stdout.toArray(),
      child.stderr.toArray(),
      ended,
    ]);
    const linesOf = (chunks: readonly unknown[]) => chunks.join("").split("\n").filter(Boolean);
    return { code, output: linesOf(stdout).map(parsed), errors: linesOf(stderr) };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function answerPicture(c: Context, picture: Picture): Response {
  if ("error" in picture) return c.json({ error: picture.error }, picture.status);
  return c.body(picture.data, 200, {
    "content-type": picture.type,
    // An image that is opened as a document runs nothing.
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, max-age=300",
  });
}

function answerError(error: Error, c: Context): Response {
  if (v.isValiError(error)) {
    const [issue] = error.issues;
    const path = v.getDotPath(issue) ?? "the request";
    return c.json({ error: `${path}: ${issue.message}` }, 400);
  }
  if (error instanceof SyntaxError) return c.json({ error: "the request is not JSON" }, 400);
  if (error instanceof CommandError) return c.json({ error: error.message }, 400);
  return c.json({ error: error.message }, 502);
}

function listen(app: Hono, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () => resolve(server));
    server.once("error", reject);
  });
}

function portOf(server: ServerType): number {
  const address = server.address();
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("the console has no port");
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Imagefleet</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/main.css">
<script type="module" src="/main.js"></script>
<div id="app"><header class="top"><span class="brand"><img src="/icon.svg" alt="" width="22" height="22"> Imagefleet</span></header><noscript>The console needs JavaScript.</noscript></div>
</html>
`;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2563eb"/><path d="M6 23l7-9 5 6 3-4 5 7z" fill="#fff"/><circle cx="21" cy="10" r="3" fill="#fff"/></svg>`;
