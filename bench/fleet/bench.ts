import { basename, join } from "node:path";
import { ENCODER } from "@imagefleet/core/image";
import { type Recipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { RECIPE } from "../data.ts";
import { CPU_SOURCE } from "../measure/cpu.ts";
import { type Context, defineBench } from "../runner.ts";
import { callsFor, readWritten, type Written } from "./calls.ts";
import { coreTurn, fleetTurn, sdkTurn, type Upload } from "./contestants.ts";
import { BAR, figuresOf, type Round } from "./figures.ts";
import { type Harness, openHarness } from "./harness.ts";
import { photos as makePhotos } from "./photos.ts";

const BATCH_SIZE = 10;

/** Enough to warm up the compiler for the SDK and for our code. */
const WARM_UP_IMAGES = 48;

const SHARES = [
  ["codec", "core alone, the same photos"],
  ["sdk", "the same S3 and SQS calls alone"],
  ["ours", "the rest"],
  ["fleet", "all three"],
  ["function", "part of the fleet: the handler's processes"],
  ["event source", "part of the fleet: the event source"],
  ["emulator", "the local servers, not counted"],
] as const;

/**
 * The overhead of the fleet over its codec and its necessary calls. Three contestants run in turn, so
 * that other load on the machine affects all of them: the fleet (event source, handler processes,
 * store), core alone with the same photos, and the fleet's S3 and SQS calls alone. The bench compares
 * CPU time, not wall time.
 */
export const fleet = defineBench<{ images: number; rounds: number }>(
  "fleet",
  async ({ images, rounds: count }, context) => {
    const { say, signal } = context;
    const recipe = await loadRecipe(RECIPE.href);
    const photos = await makePhotos(say);
    signal.throwIfAborted();
    const rounds: Round[] = [];
    const perRound = Math.ceil(images / count);
    {
      await using harness = await openHarness(photos);
      const take = taker(photos);
      const written = await warmUp(harness, recipe, take, context);
      for (let number = 1; number <= count; number++) {
        signal.throwIfAborted();
        say(`round ${number} of ${count}: ${perRound} photos …`);
        rounds.push(await doRound(harness, recipe, written, take(perRound), number));
      }
    }
    const found = figuresOf(rounds);
    const { ratio, ratios, imagesPerSecond, cpuMsPerImage } = found;
    const { eventSource, ...cpu } = cpuMsPerImage;
    const cpuMs = { ...cpu, "event source": eventSource };
    return {
      title: `fleet: ${perRound * count} photos, medians of ${count} rounds`,
      notes:
        CPU_SOURCE === "ps"
          ? ["CPU times are from ps, which is less exact than Linux's /proc"]
          : [],
      tables: (was) => [
        {
          texts: 2,
          columns: ["CPU ms per image", "", "now", "baseline"],
          rows: SHARES.map(([name, what]) => [
            name,
            what,
            cpuMs[name].toFixed(1),
            was(`cpu ${name}`),
          ]),
        },
        {
          columns: ["images per second", "now", "baseline"],
          rows: Object.entries(imagesPerSecond).map(([name, rate]) => [
            name,
            rate.toFixed(2),
            was(`rate ${name}`, 2),
          ]),
        },
      ],
      remarks: [`range of the ratio: ${ratios.least.toFixed(3)} to ${ratios.most.toFixed(3)}`],
      bars: [{ what: "fleet / (codec + sdk)", is: ratio, most: BAR }],
      ratios: { "fleet / (codec + sdk)": ratio },
      figures: Object.fromEntries([
        ...SHARES.map(([name]) => [`cpu ${name}`, cpuMs[name]] as const),
        ...Object.entries(imagesPerSecond).map(([name, rate]) => [`rate ${name}`, rate] as const),
      ]),
      setup: `recipe ${recipeFingerprint(recipe, ENCODER)}, photos of ${basename(join(photos[0] ?? "", ".."))}`,
      result: { images: perRound * count, rounds: count, ...found },
    };
  },
);

/** Returns the photos in turn, repeatedly. */
function taker(photos: readonly string[]): (count: number) => string[] {
  let at = 0;
  return (count) => Array.from({ length: count }, () => photos[at++ % photos.length] ?? "");
}

async function warmUp(
  harness: Harness,
  recipe: Recipe,
  take: (count: number) => string[],
  { say, signal }: Context,
): Promise<Written> {
  // Every process of every contestant gets a batch.
  const images = Math.max(WARM_UP_IMAGES, harness.consume.maximumConcurrency * BATCH_SIZE);
  say(`warming up: ${images} photos …`);
  const files = take(images);
  await coreTurn(harness, files);
  signal.throwIfAborted();
  const uploads = uploadsOf("warm-up/fleet", files);
  await fleetTurn(harness, uploads);
  signal.throwIfAborted();
  const written = await readWritten(harness, recipe, uploads);
  await bare(harness, recipe, written, uploadsOf("warm-up/sdk", files));
  return written;
}

/** The order changes in each round, so that other load on the machine affects all three. */
async function doRound(
  harness: Harness,
  recipe: Recipe,
  written: Written,
  files: string[],
  number: number,
): Promise<Round> {
  const contestants = {
    core: () => coreTurn(harness, files),
    sdk: () => bare(harness, recipe, written, uploadsOf(`round-${number}/sdk`, files)),
    fleet: () => fleetTurn(harness, uploadsOf(`round-${number}/fleet`, files)),
  };
  switch (number % 3) {
    case 0:
      return {
        core: await contestants.core(),
        sdk: await contestants.sdk(),
        fleet: await contestants.fleet(),
      };
    case 1:
      return {
        fleet: await contestants.fleet(),
        core: await contestants.core(),
        sdk: await contestants.sdk(),
      };
    default:
      return {
        sdk: await contestants.sdk(),
        fleet: await contestants.fleet(),
        core: await contestants.core(),
      };
  }
}

function bare(harness: Harness, recipe: Recipe, written: Written, uploads: readonly Upload[]) {
  const jobs = uploads.map((upload) => callsFor(written, recipe, upload));
  return sdkTurn(harness, uploads, jobs);
}

/** New keys, so that no job ends as "unchanged". */
function uploadsOf(folder: string, files: readonly string[]): Upload[] {
  return files.map((photo, index) => ({ photo, key: `${folder}/${index}-${basename(photo)}` }));
}
