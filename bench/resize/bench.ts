import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { configureCodec, ENCODER } from "@imagefleet/core/image";
import { type BenchOptions, finish } from "../finish.ts";
import { interleaved, type Side } from "../measure/interleaved.ts";
import { describeMachine } from "../measure/machine.ts";
import { findPrograms, type Program } from "./commands.ts";
import { ownContestants } from "./contestants.ts";
import { figuresOf, type LadderFigures } from "./figures.ts";
import { type LadderPicture, ladderPhotos, PICTURES_VERSION } from "./pictures.ts";
import { type Pillow, startPillow } from "./pillow.ts";
import { type LadderResult, ladderBaseline, ladderTable } from "./report.ts";

export interface LadderBenchOptions extends BenchOptions {
  readonly rounds: number;
}

/** Three sizes from one JPEG: ours beside what anyone would use instead, and beside a floor. */
export async function ladderBench(options: LadderBenchOptions): Promise<void> {
  const { rounds, say, signal } = options;
  const machine = describeMachine();
  // Before the codec is set up: a sample is drawn from an SVG, which it keeps out.
  const photos = await ladderPhotos();
  // Of the whole process, and so of every side that is sharp: as the programs set it.
  configureCodec({ threads: availableParallelism() });
  const pillow = await startPillow();
  const programs = await findPrograms();
  const missing = whatIsMissing(pillow, programs);
  for (const text of missing) say(`left out: ${text}`);
  const dir = await mkdtemp(join(tmpdir(), "imagefleet-ladder-"));
  const sizes: LadderFigures[] = [];
  try {
    for (const photo of photos) {
      const { picture, path } = photo;
      signal.throwIfAborted();
      say(`${picture.megapixels} MP: ${rounds} rounds …`);
      const contestants = new Map<string, Side>(await ownContestants(photo));
      if (pillow !== undefined) contestants.set("pillow", pillow.side(path));
      for (const program of programs) contestants.set(program.name, program.side(path, dir));
      sizes.push(await measured(picture, contestants, rounds, signal));
    }
  } finally {
    pillow?.close();
    await rm(dir, { recursive: true, force: true });
  }
  const result: LadderResult = {
    bench: "ladder",
    rounds,
    met: sizes.every(({ missed }) => missed.length === 0),
    sizes,
    beside: [
      ...(pillow === undefined ? [] : [`Pillow ${pillow.version}`]),
      ...programs.map(({ version }) => version),
    ],
    missing,
    machine,
  };
  const setup = `${ENCODER}, pictures of ${PICTURES_VERSION}`;
  await finish(
    {
      result,
      baseline: ladderBaseline(result, setup),
      table: (earlier) => ladderTable(result, earlier),
    },
    options,
  );
}

async function measured(
  { megapixels, times }: LadderPicture,
  contestants: ReadonlyMap<string, Side>,
  rounds: number,
  signal: AbortSignal,
): Promise<LadderFigures> {
  return figuresOf(megapixels, await interleaved(contestants, { rounds, times, signal }));
}

function whatIsMissing(pillow: Pillow | undefined, programs: readonly Program[]): string[] {
  const has = (name: Program["name"]) => programs.some((program) => program.name === name);
  return [
    ...(pillow === undefined ? ["Pillow: apt-get install python3-pil"] : []),
    ...(has("imagemagick") ? [] : ["ImageMagick: apt-get install imagemagick"]),
    ...(has("vipsthumbnail") ? [] : ["vipsthumbnail: apt-get install libvips-tools"]),
  ];
}
