import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { clientConfig } from "@imagefleet/core/aws";
import * as v from "valibot";
import { sdk } from "../../check/sdk.ts";
import type { Connection } from "../../connection/connect.ts";
import { owned } from "../../connection/owned.ts";

/** A line that a program of the fleet wrote about a source. */
export interface LogLine {
  /** ISO 8601 */
  readonly at: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

export interface LogSearch {
  /** The key of the source, and those of its renditions: the edge's function logs these. */
  readonly keys: readonly string[];
  /** ms since the epoch */
  readonly since: number;
  readonly signal: AbortSignal;
}

/** The most lines of all groups, the latest ones. */
const MAX_LINES = 200;
/** How long one group is searched, ms: CloudWatch may return many empty pages. */
const MAX_MS = 20_000;

/**
 * The lines of the fleet's logs in CloudWatch that name a source, the earliest first. It needs
 * `logs:DescribeLogGroups` and `logs:FilterLogEvents`.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 *
 * @returns the lines, and sentences about what was not searched
 * @throws Error with the permission that is missing; UsageError when the client is not installed
 */
export async function logLines(
  clients: NonNullable<Connection["clients"]>,
  prefix: string,
  search: LogSearch,
): Promise<{ readonly lines: LogLine[]; readonly warnings: string[] }> {
  const { CloudWatchLogsClient } = await sdk(() => import("@aws-sdk/client-cloudwatch-logs"));
  using client = owned(new CloudWatchLogsClient(clientConfig(clients("CLOUDWATCH_LOGS"))));
  const groups = await allowed("logs:DescribeLogGroups", () => groupsOf(client, prefix));
  if (groups.length === 0) {
    return { lines: [], warnings: [`No log group of ${prefix} exists in this region.`] };
  }
  const found = await Promise.all(
    groups.map((group) => allowed("logs:FilterLogEvents", () => linesIn(client, group, search))),
  );
  const lines = found.flatMap((each) => each.lines);
  lines.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return {
    lines: lines.slice(-MAX_LINES),
    warnings: groups.flatMap((group, at) =>
      found[at]?.isWhole
        ? []
        : [
            `${group} was searched for ${MAX_MS / 1000} s, and not to its end: name a later start with --since.`,
          ],
    ),
  };
}

/** The groups of the functions and the worker, as SST names them. */
async function groupsOf(client: CloudWatchLogsClient, prefix: string): Promise<string[]> {
  const { paginateDescribeLogGroups } = await import("@aws-sdk/client-cloudwatch-logs");
  const names: string[] = [];
  for (const folder of ["/aws/lambda/", "/sst/cluster/"]) {
    for await (const { logGroups = [] } of paginateDescribeLogGroups(
      { client },
      { logGroupNamePrefix: folder + prefix },
    )) {
      names.push(...logGroups.flatMap(({ logGroupName }) => logGroupName ?? []));
    }
  }
  return names;
}

async function linesIn(
  client: CloudWatchLogsClient,
  logGroupName: string,
  { keys, since, signal }: LogSearch,
): Promise<{ readonly lines: LogLine[]; readonly isWhole: boolean }> {
  const { FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const until = performance.now() + MAX_MS;
  const lines: LogLine[] = [];
  const filterPattern = patternOf(keys[0] ?? "");
  for (let nextToken: string | undefined; ; ) {
    const page = await client.send(
      new FilterLogEventsCommand({ logGroupName, startTime: since, filterPattern, nextToken }),
      { abortSignal: signal },
    );
    for (const { message = "", timestamp = 0 } of page.events ?? []) {
      const line = lineOf(message, keys, timestamp);
      if (line !== undefined) lines.push(line);
    }
    nextToken = page.nextToken;
    if (nextToken === undefined) return { lines, isWhole: true };
    if (performance.now() > until) return { lines, isWhole: false };
  }
}

/**
 * The pattern of lines that may name a key: a phrase in quotation marks, within which no character has to
 * be escaped. The lines that it finds are compared with the key afterwards.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function patternOf(key: string): string {
  const [longest = ""] = (key.match(/[\w./-]{1,500}/g) ?? []).sort((a, b) => b.length - a.length);
  return longest === "" ? "key" : `"${longest}"`;
}

const text = v.optional(v.string());
const lineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    key: v.string(),
    level: v.optional(v.number(), 30),
    time: v.optional(v.pipe(v.string(), v.isoTimestamp())),
    program: text,
    msg: text,
    outcome: text,
    answer: text,
    reason: text,
    message: text,
    err: v.optional(v.object({ message: v.string() })),
  }),
);

/** A line of a program; undefined for other lines, and for those about other keys. */
export function lineOf(
  json: string,
  keys: readonly string[],
  timestamp: number,
): LogLine | undefined {
  const parsed = v.safeParse(lineSchema, json);
  if (!parsed.success || !keys.includes(parsed.output.key)) return undefined;
  const { key, level, time, program, msg, outcome, answer, reason, message, err } = parsed.output;
  const isOwn = key === keys[0];
  const words = [program, msg, isOwn ? undefined : key, outcome, answer, reason];
  const details = [message, err?.message].filter((each) => each !== undefined);
  return {
    at: time ?? new Date(timestamp).toISOString(),
    // The numbers of pino.
    level: level >= 50 ? "error" : level >= 40 ? "warn" : level >= 30 ? "info" : "debug",
    text: [words.filter((each) => each !== undefined).join(" "), ...details].join(": "),
  };
}

async function allowed<T>(permission: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error && error.name === "AccessDeniedException")) throw error;
    throw new Error(
      `the credentials lack ${permission}, which CloudWatchReadOnlyAccess of AWS has (docs/operations.md)`,
      { cause: error },
    );
  }
}
