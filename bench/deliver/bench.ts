import { availableParallelism } from "node:os";
import { configureCodec, ENCODER } from "@imagefleet/core/image";
import { recipeFingerprint } from "@imagefleet/core/recipe";
import { bundles } from "../cold-start/bundles.ts";
import { cpuRatio, deliverBar } from "../cold-start/figures.ts";
import { measureStarts } from "../cold-start/starts.ts";
import { runFolder } from "../data.ts";
import { CPU_SOURCE } from "../measure/cpu.ts";
import { median, rounded } from "../measure/statistics.ts";
import { dollars, MILLION } from "../price/markdown.ts";
import { defineBench } from "../runner.ts";
import { startServers } from "../servers.ts";
import type { Table } from "../table.ts";
import { type DeliveryAccount, deliveryAccountOf } from "./account.ts";
import { besideBare, sourcesForBare } from "./bare.ts";
import { AT_ONCE, Beside, type Score, sourcesFor } from "./beside.ts";
import { NAMES, QUALITIES, type Source } from "./contestants.ts";
import { aims, type Cell, cpuRatios, HITS, withSpread } from "./figures.ts";
import { firstBytes } from "./first-byte.ts";
import { startDelivery } from "./fleet.ts";
import { Viewers } from "./load.ts";
import { installPeers, startIpx, startNext, versionIn } from "./peers.ts";
import { countDelivery } from "./price.ts";
import recipe, { WIDTH } from "./recipe.ts";
import { upload, uprightPhotos } from "./sources.ts";

/** `deliver`'s CPU time over that of sharp with the same calls. */
const BAR_BARE = 1.1;
/** What a viewer waits in addition to the render, ms. */
const BAR_FIRST_BYTE_MS = 40;

/** Misses of the measurement of the first byte; the first one warms up. */
const FIRST_BYTES = 25;
/** Renditions whose cost is counted: a batch that warms up, and two. */
const PRICED = 30;
const PRICED_FORMATS = ["webp", "avif"] as const;
const COLD_STARTS = 15;

/**
 * Renditions that are made on request: `deliver` and sharp with the same calls to S3 and SQS, and the local
 * fleet's delivery beside ipx and next/image, whose servers read the same sources from the same S3.
 */
export const deliverBench = defineBench<{
  rounds: number;
  times: number;
  bareRounds: number;
  alone?: true | undefined;
}>("deliver", async ({ rounds, times, bareRounds, alone = false }, { say, signal }) => {
  const peers = alone ? undefined : await installPeers(say);
  const photos = await uprightPhotos(say);
  configureCodec({ threads: availableParallelism() });
  await using folder = await runFolder();
  await using servers = await startServers(folder.path, 60);

  const bareOptions = { rounds: bareRounds, times: 6, signal };
  const counts = [sourcesForBare(bareOptions), sourcesFor({ rounds, times }), FIRST_BYTES, PRICED];
  const count = counts.reduce((sum, each) => sum + each, 0);
  say(`uploading ${count} sources …`);
  const left = await upload(servers, photos, count);
  const take = (n: number): Source[] => left.splice(0, n);

  say("deliver, and sharp with the same calls …");
  const bare = await besideBare(servers, take(counts[0] ?? 0), bareOptions);

  await using delivery = await startDelivery(servers);
  await using ipx = peers === undefined ? undefined : await startIpx(peers);
  await using next = peers === undefined ? undefined : await startNext(peers);
  const running = { imagefleet: delivery, slow: delivery, ...(ipx && next && { ipx, next }) };
  using viewers = new Viewers();
  const beside = new Beside(servers, running, take(counts[1] ?? 0), viewers);
  say("comparing what they make …");
  const scores = await beside.scores();
  say(`${rounds} rounds of ${times} misses …`);
  const cells = await beside.rounds({ rounds, times, signal });

  say("the first byte of a miss …");
  const waits = await firstBytes(delivery, take(FIRST_BYTES), viewers, signal);
  const extraMs = rounded(median(waits.map(({ viewerMs, renderMs }) => viewerMs - renderMs)));

  say("requests and CPU time of a rendition …");
  const priced = take(PRICED);
  const accounts = new Map<string, DeliveryAccount>();
  for (const format of PRICED_FORMATS) {
    accounts.set(format, deliveryAccountOf(await countDelivery(servers, priced, format, signal)));
  }

  say("cold starts …");
  const built = await bundles();
  const starts = await measureStarts(
    new Map([
      ["function", [built.function]],
      ["deliver", [built.deliver]],
    ]),
    COLD_STARTS,
    signal,
  );
  const cold = cpuRatio(starts, "deliver", "function");
  const besidePeers = cpuRatios(cells);

  const versions =
    peers === undefined
      ? []
      : [
          `ipx ${await versionIn(peers, "ipx")}, next ${await versionIn(peers, "next")}, with the quality that gives equal SSIM: ${JSON.stringify(QUALITIES)}`,
        ];
  return {
    title: `deliver: a rendition of ${WIDTH} px from a JPEG of 12 MP, medians of ${rounds} rounds (least–most)`,
    notes: [
      ...versions,
      ...(CPU_SOURCE === "ps"
        ? ["CPU times are from ps, which is less exact than Linux's /proc"]
        : []),
    ],
    tables: (was) => [
      {
        heading: `CPU of deliver alone, ${bareRounds} rounds`,
        columns: ["CPU ms per miss", "now", "baseline"],
        rows: Object.entries(bare.cpuMs).map(([name, ms]) => [name, ms.toFixed(1), was(name)]),
      },
      besideTable(cells, scores, was),
      priceTable(accounts, was),
    ],
    remarks: [
      `the first byte of a missing WebP: ${median(waits.map(({ viewerMs }) => viewerMs)).toFixed(0)} ms, of which the render ${median(waits.map(({ renderMs }) => renderMs)).toFixed(0)} ms`,
      "CPU times of a contestant are those of its processes, without the local S3 and SQS. ipx has no cache.",
      ...Object.entries(besidePeers).map(([what, is]) => `${what} = ${is.toFixed(2)}`),
      "",
    ],
    bars: [
      ...Object.entries(bare.ratios).map(([what, is]) => ({ what, is, most: BAR_BARE })),
      ...aims(cells),
      {
        what: "first byte of a miss, after the time of the render",
        is: extraMs,
        most: BAR_FIRST_BYTE_MS,
        unit: " ms",
      },
      deliverBar(cold),
    ],
    ratios: { ...bare.ratios, ...besidePeers, "cold start, deliver / consumer": cold },
    figures: {
      ...bare.cpuMs,
      ...Object.fromEntries(cells.map((cell) => [figureOf(cell), perSecond(cell)])),
      "first byte": extraMs,
      ...Object.fromEntries(
        [...accounts].map(([format, { total }]) => [
          `usd a million, ${format}`,
          rounded(total * MILLION),
        ]),
      ),
    },
    setup: `recipe ${recipeFingerprint(recipe, ENCODER)}, ${availableParallelism()} CPUs, beside-1`,
    result: {
      rounds,
      times,
      bare,
      cells,
      scores: Object.fromEntries(scores),
      waits,
      accounts: Object.fromEntries(accounts),
      cold,
    },
  };
});

function figureOf({ what, atOnce, contestant }: Cell): string {
  return `${what} per second, ${atOnce} viewers, ${contestant}`;
}

function perSecond({ turns }: Cell): number {
  return rounded(median(turns.map((turn) => turn.perSecond)));
}

/** A row for each contestant and rendition, with the figures of both numbers of viewers. */
function besideTable(
  cells: readonly Cell[],
  scores: ReadonlyMap<string, Score>,
  was: (figure: string) => string,
): Table {
  const rows = Map.groupBy(cells, ({ what, contestant }) => `${what} ${contestant}`);
  return {
    heading: `Requests per second of ${AT_ONCE.join(" and ")} viewers, and CPU ms per request`,
    texts: 2,
    columns: [
      "",
      "",
      ...AT_ONCE.flatMap((atOnce) => [`${atOnce}: per s`, "baseline", "CPU ms"]),
      "S3 ms",
      "bytes",
      "SSIM",
    ],
    rows: [...rows.values()].map((row) => {
      const [{ what, contestant } = { what: HITS, contestant: "imagefleet" as const }] = row;
      const score = scores.get(`${what} ${contestant}`);
      const s3 = median(row.flatMap(({ turns }) => turns.map(({ s3Ms }) => s3Ms)));
      return [
        what,
        NAMES[contestant],
        ...row.flatMap((cell) => [
          withSpread(cell.turns.map((turn) => turn.perSecond)),
          was(figureOf(cell)),
          withSpread(cell.turns.map(({ cpuMs }) => cpuMs)),
        ]),
        s3.toFixed(1),
        score?.bytes.toFixed(0) ?? "",
        score?.ssim.toFixed(4) ?? "",
      ];
    }),
  };
}

function priceTable(
  accounts: ReadonlyMap<string, DeliveryAccount>,
  was: (figure: string, digits?: number) => string,
): Table {
  const usd = (account: DeliveryAccount, part: keyof DeliveryAccount) =>
    dollars(account[part] * MILLION);
  return {
    heading: "USD for a million renditions made on request, each with the job that checks it",
    columns: ["", "Lambda, duration", "Lambda, requests", "S3", "SQS", "logs", "total", "baseline"],
    rows: [...accounts].map(([format, account]) => [
      format,
      usd(account, "compute"),
      usd(account, "invocations"),
      usd(account, "s3"),
      usd(account, "sqs"),
      usd(account, "logs"),
      usd(account, "total"),
      was(`usd a million, ${format}`, 2),
    ]),
  };
}
