import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { ENCODER } from "@imagefleet/core/image";
import { type Recipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { DATA } from "../data.ts";
import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import { callsFor, readWritten, type Written } from "./calls.ts";
import { coreTurn, fleetTurn, sdkTurn, type Upload } from "./contestants.ts";
import { BAR, figuresOf, type Round } from "./figures.ts";
import { type Harness, openHarness } from "./harness.ts";
import { photos as makePhotos } from "./photos.ts";
import { baselineOf, tableOf } from "./report.ts";

const RECIPE = new URL("../../recipe.ts", import.meta.url);

const BATCH_SIZE = 10;

/** Enough for the compiler to have seen every path of the SDK and of ours often. */
const WARM_UP_IMAGES = 48;

export interface FleetBenchOptions extends BenchOptions {
  readonly images: number;
  readonly rounds: number;
}

/**
 * What the fleet takes beyond its codec and the calls that it cannot do without. Three sides in one
 * run, in turn, so that what else the machine does meets them all: the fleet (event source, handler
 * processes, store), core alone on the same photos, and the fleet's S3 and SQS calls made bare. CPU
 * time, not wall time, is compared.
 */
export async function fleetBench(options: FleetBenchOptions): Promise<void> {
  const { say, signal } = options;
  const machine = describeMachine();
  const recipe = await loadRecipe(RECIPE.href);
  await mkdir(DATA, { recursive: true });
  const photos = await makePhotos(DATA, say);
  signal.throwIfAborted();

  const harness = await openHarness({ dir: DATA, recipe: RECIPE, photos });
  const rounds: Round[] = [];
  const perRound = Math.ceil(options.images / options.rounds);
  try {
    const take = taker(photos);
    const written = await warmUp(harness, recipe, take, options);
    for (let number = 1; number <= options.rounds; number++) {
      signal.throwIfAborted();
      say(`round ${number} of ${options.rounds}: ${perRound} photos a side …`);
      rounds.push(await doRound(harness, recipe, written, take(perRound), number));
    }
  } finally {
    await harness.close();
  }

  const figures = figuresOf(rounds);
  const result = {
    bench: "fleet",
    images: perRound * options.rounds,
    rounds: options.rounds,
    bar: BAR,
    met: figures.ratio <= BAR,
    ...figures,
    machine,
  };
  const setup = `recipe ${recipeFingerprint(recipe, ENCODER)}, photos of ${basename(join(photos[0] ?? "", ".."))}`;
  await finish(
    {
      result,
      baseline: baselineOf(result, setup),
      table: (earlier) => tableOf(result, earlier),
    },
    options,
  );
}

/** Gives the photos in turn, over and over. */
function taker(photos: readonly string[]): (count: number) => string[] {
  let at = 0;
  return (count) => Array.from({ length: count }, () => photos[at++ % photos.length] ?? "");
}

async function warmUp(
  harness: Harness,
  recipe: Recipe,
  take: (count: number) => string[],
  { say, signal }: FleetBenchOptions,
): Promise<Written> {
  // Every process of every side gets a batch.
  const images = Math.max(WARM_UP_IMAGES, harness.consume.maximumConcurrency * BATCH_SIZE);
  say(`warming up: ${images} photos a side …`);
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

/** The sides begin in another order each time: what warms or tires the machine meets all three. */
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

/** Keys that nothing was ever uploaded under: no photo is "unchanged". */
function uploadsOf(folder: string, files: readonly string[]): Upload[] {
  return files.map((photo, index) => ({ photo, key: `${folder}/${index}-${basename(photo)}` }));
}
