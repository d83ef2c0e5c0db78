// What the page knows: the answers of the console, which are what the commands print with --json.
import { signal } from "@preact/signals";
import type { CommandInput } from "../src/command.ts";
import type { RunState } from "../src/run-state.ts";

export type { CommandInput, RunState };

export interface ConsoleInfo {
  readonly where: string;
  readonly isLocal: boolean;
  readonly readOnly: boolean;
  readonly everySeconds: number;
  readonly invocation: string;
}

export type LaneName = "small" | "large";
export const LANES: readonly LaneName[] = ["small", "large"];

interface LaneStatus {
  readonly waiting: number;
  readonly inFlight: number;
  readonly perSecond: number | null;
  readonly oldestSeconds: number | null;
  readonly emptyInSeconds?: number | null;
}

/** A line of `status --watch --json`. */
export interface Status {
  readonly at: string;
  readonly state: "well" | "busy" | "attention" | "trouble";
  readonly sentence: string;
  readonly lanes: Readonly<Record<LaneName, LaneStatus>>;
  readonly deadLetters: Readonly<Record<LaneName, number>>;
  readonly reasonsAt: string;
  readonly reasons: readonly Group[];
}

/** A look that failed. */
interface FailedLook {
  readonly at: string;
  readonly error: string;
}

/** Dead letters with a common property. */
export interface Group {
  readonly name: string;
  readonly deadLetters: number;
  readonly oldest: string;
  readonly newest: string;
  readonly reason?: string;
  readonly advice?: string;
  readonly worthRedriving?: boolean;
}

/** A line of `dlq list --json`. */
export interface Letter {
  readonly id: string;
  readonly lane: LaneName;
  readonly reason: string;
  readonly message: string;
  readonly bucket: string | null;
  readonly key: string | null;
  readonly firstAttemptAt: string | null;
  readonly lastAttemptAt: string;
  readonly receiveCount: number | null;
  readonly redriveCount: number;
}

/** What `dlq summary --json --letters N` prints. */
export interface Summary {
  readonly deadLetters: number;
  readonly lanes: Readonly<
    Record<
      LaneName,
      | { readonly read: number; readonly waitingBefore: number; readonly inFlightBefore: number }
      | undefined
    >
  >;
  readonly reasons: readonly Group[];
  readonly messages: readonly Group[];
  readonly folders: readonly Group[];
  readonly hours: readonly Group[];
  readonly warnings: readonly string[];
  readonly letters: readonly Letter[];
}

/** The answer to a command that was read to its end. */
export interface Read<T> {
  readonly code: number | null;
  readonly output: readonly T[];
  readonly errors: readonly string[];
  readonly seconds: number;
  readonly text: string;
  /** When it was read, ms since the epoch. */
  readonly at: number;
}

const JSON_HEADERS = { "content-type": "application/json", "x-imagefleet-console": "1" };

/** @throws Error with what the console says */
async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { ...options, headers: JSON_HEADERS });
  const body: T & { error?: string } = await response.json();
  if (response.status === 401) session.value = "none";
  if (!response.ok) throw new Error(body.error ?? `The console answered with ${response.status}.`);
  return body;
}

export function post<T>(path: string, body: unknown, abort?: AbortSignal): Promise<T> {
  return ask<T>(path, {
    method: "POST",
    body: JSON.stringify(body),
    ...(abort && { signal: abort }),
  });
}

/** Posts, and takes the lines of the answer as they come. @throws Error with what the last line says */
export async function postLines<T extends object>(
  path: string,
  body: unknown,
  abort: AbortSignal,
  take: (line: T) => void,
): Promise<void> {
  const response = await fetch(path, {
    method: "POST",
    headers: JSON_HEADERS,
    body: JSON.stringify(body),
    signal: abort,
  });
  if (!response.ok || response.body === null) {
    const { error }: { error?: string } = await response.json();
    throw new Error(error ?? `The console answered with ${response.status}.`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value = "" } = await reader.read();
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const parsed: T | { readonly error: string } = JSON.parse(line);
      if ("error" in parsed) throw new Error(String(parsed.error));
      take(parsed);
    }
    if (done) return;
  }
}

/** Runs a command that only reads. @throws Error with its own words when it fails */
export async function read<T>(command: CommandInput, abort?: AbortSignal): Promise<Read<T>> {
  const answer = await post<Omit<Read<T>, "at">>("/api/read", command, abort);
  // Commands that find something wrong end with 3, and print it nevertheless.
  if (answer.output.length === 0 && answer.code !== 0) {
    const said = answer.errors.at(-1) ?? `The command ended with ${answer.code}.`;
    throw new Error(said.replace(/^error: /, ""));
  }
  return { ...answer, at: Date.now() };
}

export async function begin(command: CommandInput): Promise<RunState> {
  const run = await post<RunState>("/api/runs", command);
  keepRun(run);
  return run;
}

export const commandTextOf = async (command: CommandInput): Promise<string> =>
  (await post<{ text: string }>("/api/text", command)).text;

export const stop = (run: number) => ask<object>(`/api/runs/${run}`, { method: "DELETE" });

/** Saves the dead letters of a filter as a file. */
export async function exportLetters(command: CommandInput): Promise<void> {
  const response = await fetch("/api/export", {
    method: "POST",
    headers: JSON_HEADERS,
    body: JSON.stringify(command),
  });
  if (!response.ok) throw new Error(`The export failed with ${response.status}.`);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = "dead-letters.ndjson";
  link.click();
  URL.revokeObjectURL(url);
}

export const previewUrl = (key: string, etag: string) =>
  `/api/preview?${new URLSearchParams({ key, etag })}`;
export const renditionUrl = (key: string, etag = "") =>
  `/api/rendition?${new URLSearchParams({ key, etag })}`;

export const session = signal<"opening" | "open" | "none">("opening");
export const info = signal<ConsoleInfo | undefined>(undefined);
export const status = signal<Status | undefined>(undefined);
/** Why the last look at the queues failed. */
export const lost = signal<string | undefined>(undefined);
/** When the last event of the console arrived, ms since the epoch. */
export const lastEventAt = signal(Date.now());
export const history = signal<readonly Status[]>([]);
export const runs = signal<readonly RunState[]>([]);
/** The time now, each second while the page is seen. */
export const now = signal(Date.now());

/** The samples of charts; the console keeps as many. */
const SAMPLES = 360;

/** Opens the session by the token of the link, which then leaves the address and is of no more use. */
export async function open(): Promise<void> {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token !== undefined) {
    globalThis.history.replaceState(null, "", "/#/");
    // An open page may be reloaded with the link that opened it.
    await post("/api/session", { token }).catch(() => undefined);
  }
  try {
    info.value = await ask<ConsoleInfo>("/api/console");
    session.value = "open";
    follow();
  } catch {
    session.value = "none";
  }
}

/** Follows the fleet while the page is seen: a hidden page asks nothing. */
function follow(): void {
  let events: EventSource | undefined;
  let tick: number | undefined;
  const connect = () => {
    events ??= listen();
    now.value = Date.now();
    tick ??= window.setInterval(() => {
      now.value = Date.now();
    }, 1000);
  };
  const rest = () => {
    events?.close();
    events = undefined;
    clearInterval(tick);
    tick = undefined;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : connect()));
  if (!document.hidden) connect();
}

function listen(): EventSource {
  const events = new EventSource("/api/live");
  const on = <T>(name: string, take: (data: T) => void) =>
    events.addEventListener(name, ({ data }) => {
      lastEventAt.value = Date.now();
      if (data !== "") take(JSON.parse(data));
    });
  on("beat", () => {});
  on<readonly (Status | FailedLook)[]>("history", (samples) => {
    history.value = samples.filter(isStatus);
    status.value = history.value.at(-1) ?? status.value;
  });
  on<Status | FailedLook>("status", (sample) => {
    if (!isStatus(sample)) {
      lost.value = sample.error;
      return;
    }
    lost.value = undefined;
    status.value = sample;
    history.value = [...history.value, sample].slice(-SAMPLES);
  });
  on<{ error: string }>("lost", ({ error }) => {
    lost.value = error;
  });
  on<readonly RunState[]>("runs", (all) => {
    runs.value = all;
  });
  on<RunState>("run", keepRun);
  return events;
}

function isStatus(sample: Status | FailedLook): sample is Status {
  return "lanes" in sample;
}

function keepRun(run: RunState): void {
  const others = runs.value.filter(({ id }) => id !== run.id);
  runs.value = [...others, run].toSorted((a, b) => a.id - b.id);
}
