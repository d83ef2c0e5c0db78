import { FUNCTION_BYTES } from "@imagefleet/core/plan";
import { asEnvironment, credentialsOf } from "@imagefleet/local/credentials";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { startFunction } from "@imagefleet/local/function";
import { MAX_RECEIVES } from "@imagefleet/local/resources";
import { cpuOf } from "../measure/cpu.ts";
import type { Counted } from "../price/account.ts";
import { recordOf } from "../price/run.ts";
import type { Servers } from "../servers.ts";
import type { CountedDelivery } from "./account.ts";
import type { Source } from "./contestants.ts";
import { deliverEnvironment } from "./fleet.ts";

const BATCH = 10;
const TIMEOUT_MS = 60_000;

/**
 * Makes a rendition of each source by the shipped function, and has all checked by the shipped consumer,
 * whose jobs `deliver` delays. Counts CPU time of their processes, their requests and their logs.
 *
 * @param sources whole batches, and one batch before them, which warms up
 * @throws Error for a rendition that is not made or not checked
 */
export async function countDelivery(
  servers: Servers,
  sources: readonly Source[],
  format: string,
  signal: AbortSignal,
): Promise<CountedDelivery> {
  const calls: Record<string, number> = {};
  await using proxy = await FaultProxy.start(servers.aws.endpoint, ({ service, operation }) => {
    const call = `${service} ${operation}`;
    calls[call] = (calls[call] ?? 0) + 1;
    return undefined;
  });
  let logBytes = 0;
  const start = (program: "consume" | "deliver") =>
    startFunction({
      name: program,
      handler: new URL(import.meta.resolve(`@imagefleet/lambda/${program}/handler`)),
      exportName: "handler",
      memoryBytes: FUNCTION_BYTES,
      timeoutMs: TIMEOUT_MS,
      maximumConcurrency: 1,
      environment: {
        ...deliverEnvironment(servers, proxy.endpoint),
        ...(program === "consume" && {
          ...asEnvironment(credentialsOf("function", servers.aws.credentials)),
          IMAGEFLEET_SMALL_DLQ_URL: servers.resources.lanes.small.deadLetters,
          IMAGEFLEET_MAX_RECEIVES: String(MAX_RECEIVES),
        }),
        // As deployed: the log lines contain metrics.
        IMAGEFLEET_METRICS_NAMESPACE: "imagefleet/production",
      },
      onLog: (line) => {
        logBytes += Buffer.byteLength(line) + 1;
      },
    });
  const deliver = start("deliver");
  const consume = start("consume");
  const keyOf = ({ key }: Source) => `hero/${key}.${format}`;
  const request = async (source: Source): Promise<void> => {
    signal.throwIfAborted();
    const event = {
      rawPath: `/${keyOf(source)}`,
      headers: {},
      requestContext: { http: { method: "GET" } },
    };
    let status = "";
    const result = await deliver.invoke(event, (data) => {
      status ||= Buffer.from(data).toString("latin1").slice(0, 40);
    });
    if (result.kind === "streamed" && status.includes('"statusCode":200')) return;
    throw new Error(`${keyOf(source)} was not made: ${result.kind} ${status}`);
  };
  const checkAll = async (batch: readonly Source[]): Promise<void> => {
    signal.throwIfAborted();
    const Records = batch.map((source) => {
      return recordOf(servers, source.key, { check: [keyOf(source)], at: Date.now() });
    });
    const result = await consume.invoke({ Records });
    const failed = JSON.stringify(result).includes("itemIdentifier");
    if (result.kind === "returned" && !failed) return;
    throw new Error(`${batch.length} renditions were not checked: ${JSON.stringify(result)}`);
  };
  const counted = async (
    pids: () => readonly number[],
    work: () => Promise<void>,
  ): Promise<Omit<Counted, "images" | "batches">> => {
    for (const call of Object.keys(calls)) delete calls[call];
    logBytes = 0;
    const before = await cpuOf(pids());
    await work();
    const cpuSeconds = ((await cpuOf(pids())) - before) / 1000;
    return { cpuSeconds, calls: { ...calls }, logBytes };
  };
  try {
    const warmUp = sources.slice(0, BATCH);
    for (const source of warmUp) await request(source);
    await checkAll(warmUp);
    const rest = sources.slice(BATCH);
    const images = rest.length;
    const batches = images / BATCH;
    const made = await counted(deliver.pids, async () => {
      for (const source of rest) await request(source);
    });
    const checked = await counted(consume.pids, async () => {
      for (let at = 0; at < images; at += BATCH) await checkAll(rest.slice(at, at + BATCH));
    });
    return { deliver: { images, ...made }, check: { images, batches, ...checked } };
  } finally {
    await Promise.all([deliver.stop(), consume.stop()]);
  }
}
