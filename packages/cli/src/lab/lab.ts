import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Encoding } from "@imagefleet/core/measuring";
import { CONTENT_TYPES, EXTENSIONS, presetLabel, type Recipe } from "@imagefleet/core/recipe";
import type { Sample } from "@imagefleet/core/tuning";
import pLimit from "p-limit";
import type { ConnectionOptions } from "../connection/options.ts";
import { writeWhole } from "../files/output/staged-file.ts";
import { readRecipe } from "../recipe/read.ts";
import { tally } from "../terminal/source-table.ts";
import { CROP, Encoders } from "../tuning/encoders.ts";
import { type Picture, type PreparedSample, prepareSample } from "../tuning/prepare.ts";
import { unwrittenText, type Written, writeTuned } from "../tuning/write.ts";
import { UsageError } from "../usage-error.ts";
import { type Change, chosenOf, EDITABLE, encodingIn, encodingOf, mergeChanges } from "./change.ts";
import { type Result, round, summaryOf, type Total, totalOf } from "./result.ts";

export interface LabOptions {
  /** Files and folders, or one `s3://bucket/prefix`. */
  readonly targets: readonly string[];
  /** The file of the recipe. */
  readonly recipe: string;
  readonly connection: ConnectionOptions;
  readonly cwd: string;
  /** The most images that are measured. Default: 6. */
  readonly sample?: number;
  /** The most bytes of encodings that are kept; the latest one is kept in any case. Default: 512 MiB. */
  readonly mostBytes?: number;
}

/** One format and width of a preset. */
export interface LabPreset extends Encoding {
  readonly preset: string;
  readonly label: string;
  /** In px. */
  readonly width?: number;
  /** In px. */
  readonly height?: number;
  readonly when: "upload" | "request";
  readonly encoding: "as-set" | "by-content";
  /** How many images of the sample are measured in it: it may be larger than some. */
  readonly measured: number;
  /** Which fields can be changed, and from where to where. */
  readonly editable: (typeof EDITABLE)[keyof typeof EDITABLE];
}

/** The lines of the recipe that a change replaces. */
export interface Edit {
  /** The first line, from 1. */
  readonly line: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** An encoding whose file is kept. */
interface Made extends Sample {
  readonly id: string;
  readonly format: Encoding["format"];
}

type Run = (encode: () => Promise<Made>) => Promise<Made>;

/** Page views of each rendition, for the cost. */
const VIEWS = 10;
const PROCESSES = availableParallelism();
/** The most bytes of encodings that are kept, and of the pictures without loss. */
const MOST_BYTES = 512 * 1024 ** 2;
const MOST_LOSSLESS_BYTES = 2 * 1024 ** 3;
/**
 * How long an encoding that nobody waits for may still take, ms. Most take less, and a process that is ended
 * has to be started again for the next one.
 */
const GRACE_MS = 1_000;

/**
 * A recipe on a sample of images: what each setting of a preset makes of them, in bytes, score and cost.
 *
 * @example
 * await using lab = await Lab.open({ targets: ["photos"], recipe, connection, cwd }, signal);
 * const change = { preset: "hero", format: "webp", quality: 60 } as const;
 * const { bytes, score, millionUsd } = await lab.measure(change, signal);
 * const { before, after } = await lab.line(change);
 * await lab.write([change]);
 */
export class Lab implements AsyncDisposable {
  readonly #file: string;
  readonly #folder: string;
  readonly #sample: PreparedSample;
  readonly #encoders: Encoders;
  readonly #cleanup: AsyncDisposableStack;
  readonly #closed = new AbortController();
  readonly #run = pLimit(PROCESSES);
  readonly #write = pLimit(1);
  /** What is being measured, by preset, label and format. */
  readonly #asked = new Map<string, AbortController>();
  /** By id, the least recently used first. */
  readonly #made = new Map<string, Made>();
  readonly #mostBytes: number;
  #madeBytes = 0;
  #count = 0;
  #recipe: Recipe;
  #text: string;
  /** For a person: what of the sample is not measured. */
  readonly notes: readonly string[];

  private constructor(
    { recipe, text }: { recipe: Recipe; text: string },
    { recipe: file, mostBytes = MOST_BYTES }: LabOptions,
    folder: string,
    sample: PreparedSample,
    notes: readonly string[],
    cleanup: AsyncDisposableStack,
  ) {
    this.#recipe = recipe;
    this.#text = text;
    this.#file = file;
    this.#mostBytes = mostBytes;
    this.#folder = folder;
    this.#sample = sample;
    this.#cleanup = cleanup;
    this.#encoders = cleanup.use(new Encoders());
    this.notes = notes;
  }

  /**
   * Takes a sample of images, and renders it without loss in the sizes of the recipe.
   *
   * @param onProgress receives how many sources are listed, and how many images are prepared
   * @throws UsageError and RecipeFileError for targets and a recipe that cannot be used; the signal's reason
   */
  static async open(
    options: LabOptions,
    signal: AbortSignal,
    onProgress: (listed: number, prepared: number) => void = () => {},
  ): Promise<Lab> {
    const { targets, connection, cwd, recipe: file, sample: size = 6 } = options;
    // Before the recipe: if it is changed in between, nothing is written. Its reader says why it is not there.
    const text = await readFile(file, "utf8").catch(() => "");
    const recipe = await readRecipe(file);
    const folder = await mkdtemp(join(tmpdir(), "imagefleet-lab-"));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    let [listed, prepared] = [0, 0];
    const notes: string[] = [];
    const sample = await prepareSample(
      targets,
      {
        connection,
        cwd,
        recipe,
        size,
        folder,
        mostBytes: MOST_LOSSLESS_BYTES,
        onCount(count) {
          listed = count;
          onProgress(listed, prepared);
        },
        onPrepared(count) {
          prepared = count;
          onProgress(listed, prepared);
        },
        onNote: (note) => notes.push(note),
      },
      signal,
    );
    notes.push(...sample.left.map((line) => `not measured: ${line}`));
    return new Lab({ recipe, text }, options, folder, sample, notes, cleanup.move());
  }

  /** The images of the sample. */
  get pictures(): PreparedSample["sources"] {
    return this.#sample.sources;
  }

  /** How many images of the sample cannot be rendered, by reason. */
  get rejected(): Readonly<Record<string, number>> {
    return tally(this.#sample.rejected);
  }

  /** The recipe as it is: each format and width of each preset. */
  get presets(): readonly LabPreset[] {
    return this.#recipe.presets.map((preset) => {
      const { name, width, height, format, when = "upload", encoding = "as-set" } = preset;
      const editable = Object.entries(EDITABLE).find(([each]) => each === format)?.[1] ?? [];
      const label = presetLabel(preset);
      return {
        preset: name,
        label,
        ...encodingIn(preset),
        ...(width !== undefined && { width }),
        ...(height !== undefined && { height }),
        when,
        encoding,
        measured: this.#sample.pictures.filter((each) => each.label === label).length,
        editable,
      };
    });
  }

  /**
   * Measures a change on each image. What was measured before is not measured again. A newer change of the
   * same preset, label and format ends it.
   *
   * @param views page views of each rendition, for the cost
   * @throws UsageError for a change that the recipe would not accept, or where nothing can be measured;
   * AbortError when a newer change has ended it; the signal's reason
   */
  async measure(change: Change, signal: AbortSignal, views = VIEWS): Promise<Result> {
    const { preset, label, format } = change;
    const encoding = encodingOf(change, this.#recipe.presets);
    const key = JSON.stringify([preset, label, format]);
    const newer = new AbortController();
    this.#asked.get(key)?.abort(new DOMException(`a newer change of ${preset}`, "AbortError"));
    this.#asked.set(key, newer);
    try {
      const any = AbortSignal.any([signal, newer.signal]);
      const result = await this.#measure({ preset, label }, encoding, views, any, this.#run);
      if (result) return result;
    } finally {
      if (this.#asked.get(key) === newer) this.#asked.delete(key);
    }
    throw new UsageError(
      `no rendition of the sample can be measured for ${label ?? preset}: name other images`,
    );
  }

  /**
   * Measures the recipe as it is. Changes that are measured meanwhile come first.
   *
   * @param onResult receives each result as it comes; presets without pictures have no result
   * @param some which of {@link presets}; default: all
   * @throws the signal's reason
   */
  async all(
    onResult: (result: Result) => void,
    signal: AbortSignal,
    { views = VIEWS, some = this.presets }: { views?: number; some?: readonly LabPreset[] } = {},
  ): Promise<Total> {
    // Only as many as are encoded at once wait in the queue that changes wait in too.
    const turn = pLimit(PROCESSES);
    const failed = new AbortController();
    const any = AbortSignal.any([signal, failed.signal]);
    const recipe = this.#recipe.presets;
    try {
      const results = await Promise.all(
        some.map(async ({ preset, label, format }) => {
          const own = recipe.find((each) => each.format === format && presetLabel(each) === label);
          const result =
            own &&
            (await this.#measure({ preset, label }, encodingIn(own), views, any, (encode) =>
              turn(() => this.#run(encode)),
            ));
          if (result) onResult(result);
          return result ?? [];
        }),
      );
      return totalOf(results.flat(), views);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  /**
   * The file of an encoding.
   *
   * @returns undefined for an id that is not known, or not any more: it is measured again then
   */
  async image(id: string): Promise<{ data: Buffer; type: string } | undefined> {
    const made = this.#made.get(id);
    if (made === undefined) return undefined;
    this.#use(made);
    return { data: await readFile(join(this.#folder, id)), type: CONTENT_TYPES[made.format] };
  }

  /**
   * What an encoding is compared with: the picture in the size of a preset, without loss.
   *
   * @param label of the preset
   * @returns undefined if the sample has no such picture
   */
  async reference(
    picture: string,
    label: string,
  ): Promise<{ data: Buffer; type: string } | undefined> {
    const found = this.#sample.pictures.find(
      (each) => each.source === picture && each.label === label,
    );
    return found && { data: await readFile(found.file), type: CONTENT_TYPES.png };
  }

  /**
   * What {@link write} would do to the recipe. A change of one width changes all widths of its preset.
   *
   * @throws UsageError where it cannot be written
   */
  async line(change: Change): Promise<Edit> {
    const { text } = await this.#edited([change]);
    return editOf(this.#text, text);
  }

  /**
   * Writes changes into the recipe, and reads it again.
   *
   * @returns the names of the presets that were written
   * @throws UsageError where one of them cannot be written, or the recipe has changed since it was read; then
   * nothing is written
   */
  async write(changes: readonly Change[]): Promise<readonly string[]> {
    return this.#write(async () => {
      const { text, names } = await this.#edited(changes);
      if (names.length === 0) return names;
      await writeWhole(this.#file, Buffer.from(text));
      this.#text = text;
      this.#recipe = await readRecipe(this.#file);
      return names;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new DOMException("the lab is closed", "AbortError"));
    await this.#cleanup.disposeAsync();
  }

  async #edited(changes: readonly Change[]): Promise<Written> {
    const { presets } = this.#recipe;
    const file = basename(this.#file);
    // The widths of a preset have one setting.
    const whole = mergeChanges(changes.map(({ label: _label, ...change }) => change));
    const chosen = whole.map((change) => chosenOf(change, presets, file));
    if ((await readFile(this.#file, "utf8")) !== this.#text) {
      throw new UsageError(`${file} has changed since it was read: read it again first`);
    }
    const written = writeTuned(this.#text, { presets, chosen });
    if (written.unwritten.length > 0) throw new UsageError(unwrittenText(file, written.unwritten));
    return written;
  }

  async #measure(
    { preset, label }: { readonly preset: string; readonly label?: string | undefined },
    encoding: Encoding,
    views: number,
    asked: AbortSignal,
    run: Run,
  ): Promise<Result | undefined> {
    const signal = AbortSignal.any([asked, this.#closed.signal]);
    const own = this.#sample.pictures.filter(
      (each) => each.name === preset && (label === undefined || each.label === label),
    );
    if (own.length === 0) return undefined;
    const all = own.map((picture) => run(() => this.#encode(picture, encoding, signal)));
    const made = await orAborted(Promise.all(all), signal);
    return {
      preset,
      ...(label !== undefined && { label }),
      ...summaryOf(encoding, made, views),
      renditions: own.flatMap(({ source, label: size, width, height }, at) => {
        const one = made[at];
        if (one === undefined) return [];
        const { id, bytes, cpuMs, score } = one;
        return {
          picture: source,
          label: size,
          image: id,
          width,
          height,
          bytes,
          cpuMs: round(cpuMs),
          score: round(score),
        };
      }),
    };
  }

  async #encode(picture: Picture, encoding: Encoding, signal: AbortSignal): Promise<Made> {
    const { format } = encoding;
    const id = `${picture.source}-${picture.label}${suffixOf(encoding)}`;
    const known = this.#made.get(id);
    if (known) return this.#use(known);
    signal.throwIfAborted();
    // Of its own, as the same encoding may be under way for somebody else.
    const to = join(this.#folder, `${this.#count++}.part`);
    const { file, background } = picture;
    const asked = { file, background, crop: CROP, wanted: [{ ...encoding, to }] };
    const samples = await this.#measured(asked, signal);
    await rename(to, join(this.#folder, id));
    const [sample] = samples;
    if (sample === undefined) throw new RangeError("an encoding has no measurement");
    return this.#keep({ id, format, ...sample });
  }

  /** Ends the process only of an encoding that still takes long when nobody waits for it any more. */
  async #measured(asked: Parameters<Encoders["measure"]>[0], signal: AbortSignal) {
    const end = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => end.abort(signal.reason), GRACE_MS);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#encoders.measure(asked, end.signal);
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    }
  }

  #use(made: Made): Made {
    this.#made.delete(made.id);
    this.#made.set(made.id, made);
    return made;
  }

  async #keep(made: Made): Promise<Made> {
    // The same encoding may have been under way twice.
    this.#madeBytes += made.bytes - (this.#made.get(made.id)?.bytes ?? 0);
    this.#use(made);
    for (const old of this.#made.values()) {
      if (this.#madeBytes <= this.#mostBytes || old === made) break;
      this.#made.delete(old.id);
      this.#madeBytes -= old.bytes;
      await rm(join(this.#folder, old.id), { force: true });
    }
    return made;
  }
}

/** `-q60-e4.webp` */
function suffixOf({ format, quality, effort, mozjpeg, palette }: Encoding): string {
  const how = `${effort === undefined ? "" : `-e${effort}`}${mozjpeg ? "-m" : ""}${palette ? "-p" : ""}`;
  return `-q${quality}${how}.${EXTENSIONS[format]}`;
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The lines between the first and the last that differ. */
function editOf(before: string, after: string): Edit {
  const [old, made] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  const least = Math.min(old.length, made.length);
  let [same, end] = [0, 0];
  while (same < least && old[same] === made[same]) same++;
  while (end < least - same && old.at(-1 - end) === made.at(-1 - end)) end++;
  return {
    line: same + 1,
    before: old.slice(same, old.length - end),
    after: made.slice(same, made.length - end),
  };
}
