import type { IncomingHttpHeaders } from "node:http";
import sharp, { type Sharp } from "sharp";
import { cpuOf, cpuOfTree } from "../measure/cpu.ts";
import { type Raster, ssim } from "../measure/ssim.ts";
import type { Servers } from "../servers.ts";
import {
  CONTESTANTS,
  type Contestant,
  FORMATS,
  type Format,
  requestFor,
  type Source,
} from "./contestants.ts";
import { type Cell, HITS, type Turn, type What } from "./figures.ts";
import type { Viewers } from "./load.ts";
import type { Server } from "./peers.ts";
import { WIDTH } from "./recipe.ts";

const WHATS: readonly What[] = [...FORMATS, HITS];

/** Concurrent viewers. */
export const AT_ONCE = [2, 8] as const;

/** AVIF takes long. */
const AVIF_SHARE = 1 / 2;
/** Hits of a turn for each of its misses: they are short. */
const HITS_PER_MISS = 50;
/** The sources of which all renditions are compared. */
const SCORED = 4;
/** Renditions of each contestant that are not measured: several for each of its processes. */
const WARM_UPS = 24;

/** The header by which a cache says that it had an answer. */
const IS_HIT: Readonly<Record<Contestant, (headers: IncomingHttpHeaders) => boolean>> = {
  imagefleet: (headers) => headers["x-cache"] === "Hit from cloudfront",
  slow: () => true,
  ipx: () => true,
  next: (headers) => headers["x-nextjs-cache"] === "HIT",
};

/** How renditions look. */
export interface Score {
  /** The mean over the photos. */
  readonly ssim: number;
  /** The mean over the photos. */
  readonly bytes: number;
}

interface Options {
  readonly rounds: number;
  /** Misses of one contestant in a turn. */
  readonly times: number;
  readonly signal: AbortSignal;
}

/** The number of sources that `Beside` needs. */
export function sourcesFor({ rounds, times }: Pick<Options, "rounds" | "times">): number {
  return SCORED + WARM_UPS + rounds * AT_ONCE.length * (times + 1);
}

/** The servers that are running, and what has been requested from them. */
export class Beside {
  readonly #servers: Servers;
  readonly #running: Readonly<Partial<Record<Contestant, Server>>>;
  readonly #sources: readonly Source[];
  readonly #viewers: Viewers;
  readonly #used = new Map<string, number>();

  constructor(
    servers: Servers,
    running: Readonly<Partial<Record<Contestant, Server>>>,
    sources: readonly Source[],
    viewers: Viewers,
  ) {
    this.#servers = servers;
    this.#running = running;
    this.#sources = sources;
    this.#viewers = viewers;
  }

  /**
   * Compares the renditions of the first sources with what sharp makes without loss.
   *
   * @throws Error for an answer in another format
   */
  async scores(): Promise<Map<string, Score>> {
    const wanted = await Promise.all(
      this.#sources.slice(0, SCORED).map(({ photo }) => {
        return raster(sharp(photo).resize({ width: WIDTH }));
      }),
    );
    const scores = new Map<string, Score>();
    for (const format of FORMATS) {
      for (const contestant of this.#contestants(format)) {
        const each: Score[] = [];
        for (const lossless of wanted) {
          const [request] = this.#next(contestant, format, 1);
          if (request === undefined) break;
          const { body, headers } = await this.#viewers.get(request);
          if (headers["content-type"] !== `image/${format}`) {
            throw new Error(`${request.to}: ${request.url} is ${headers["content-type"]}`);
          }
          each.push({ ssim: ssim(lossless, await raster(sharp(body))), bytes: body.length });
        }
        const mean = (of: (score: Score) => number) =>
          each.reduce((sum, score) => sum + of(score), 0) / each.length;
        scores.set(`${format} ${contestant}`, {
          ssim: mean((score) => score.ssim),
          bytes: mean(({ bytes }) => bytes),
        });
      }
    }
    return scores;
  }

  /** One turn of each contestant in every round, in a changing order, so that other load affects all. */
  async rounds({ rounds, times, signal }: Options): Promise<Cell[]> {
    await this.#warmUp(signal);
    const cells = AT_ONCE.flatMap((atOnce) =>
      WHATS.flatMap((what) =>
        this.#contestants(what).map((contestant) => {
          return { what, atOnce, contestant, turns: [] as Turn[] };
        }),
      ),
    );
    const groups = [...Map.groupBy(cells, ({ what, atOnce }) => `${what} ${atOnce}`).values()];
    for (let round = 0; round < rounds; round++) {
      for (const group of groups) {
        for (const cell of group) {
          cell.turns.push(await this.#turn(cell, times, signal));
        }
        group.push(...group.splice(0, 1));
      }
    }
    return cells;
  }

  /** Starts the processes that serve the most viewers. @throws Error for an answer that is no hit */
  async #warmUp(signal: AbortSignal): Promise<void> {
    for (const contestant of this.#contestants("webp")) {
      const requests = this.#next(contestant, "webp", WARM_UPS);
      await this.#viewers.all(requests, Math.max(...AT_ONCE), signal);
      const [again] = requests;
      if (again === undefined) continue;
      const { headers } = await this.#viewers.get(again);
      if (!IS_HIT[contestant](headers)) {
        throw new Error(`${again.to}: ${again.url} is not cached: ${JSON.stringify(headers)}`);
      }
    }
  }

  async #turn(
    { what, atOnce, contestant }: Cell,
    times: number,
    signal: AbortSignal,
  ): Promise<Turn> {
    const requests = this.#requests(what, contestant, times);
    // The previous contestant has left its data in the CPU caches.
    const [first, ...others] = requests;
    if (first !== undefined) await this.#viewers.get(first);
    const before = await this.#cpu(contestant);
    const wallMs = await this.#viewers.all(others, atOnce, signal);
    const after = await this.#cpu(contestant);
    const count = others.length;
    return {
      perSecond: (count / wallMs) * 1000,
      cpuMs: (after.own - before.own) / count,
      s3Ms: (after.s3 - before.s3) / count,
    };
  }

  async #cpu(contestant: Contestant): Promise<{ own: number; s3: number }> {
    const pid = this.#running[contestant]?.pid ?? 0;
    const [own, s3] = await Promise.all([cpuOfTree(pid), cpuOf([this.#servers.aws.pid])]);
    return { own, s3 };
  }

  #contestants(what: What): Contestant[] {
    return CONTESTANTS.filter(
      (each) =>
        this.#running[each] !== undefined && !(each === "slow" && !["webp", "avif"].includes(what)),
    );
  }

  #requests(what: What, contestant: Contestant, times: number) {
    if (what !== HITS) {
      const count = what === "avif" ? Math.ceil(times * AVIF_SHARE) : times;
      return this.#next(contestant, what, count + 1);
    }
    // What was requested for the scores. ipx has no cache.
    const count = contestant === "ipx" ? times : times * HITS_PER_MISS;
    const known = this.#sources
      .slice(0, SCORED)
      .map((source) => this.#request(contestant, "webp", source));
    return Array.from({ length: count + 1 }, (_unused, at) => known[at % known.length]).filter(
      (each) => each !== undefined,
    );
  }

  /** Requests for renditions that were never requested. */
  #next(contestant: Contestant, format: Format, count: number) {
    const name = `${contestant} ${format}`;
    const from = this.#used.get(name) ?? 0;
    this.#used.set(name, from + count);
    const sources = this.#sources.slice(from, from + count);
    if (sources.length < count) throw new RangeError(`too few sources for ${name}`);
    return sources.map((source) => this.#request(contestant, format, source));
  }

  #request(contestant: Contestant, format: Format, source: Source) {
    return requestFor(contestant, this.#running[contestant]?.url ?? "", format, source);
  }
}

async function raster(picture: Sharp): Promise<Raster> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}
