import { ENCODER } from "@imagefleet/core/image";
import { type Geometry, sized } from "@imagefleet/core/plan";
import {
  type OutputFormat,
  type Preset,
  presetFingerprint,
  presetLabel,
  type Recipe,
  rejectionFingerprint,
} from "@imagefleet/core/recipe";
import type { Manifest } from "@imagefleet/core/store";
import { present } from "../../present.ts";
import { Staleness } from "../../sources/staleness.ts";
import { ago, many } from "../../terminal/format.ts";
import type { Looked, LookedAt } from "./look.ts";

export type PictureState =
  /** The renditions are those of the present content and recipe. */
  | "up-to-date"
  /** The manifest is of an earlier content or of another recipe. */
  | "stale"
  /** The manifest is up to date, and renditions are missing, differ or are left over. */
  | "incomplete"
  /** The source was written after its manifest, and its job may be among the messages in the lanes. */
  | "waiting"
  /** The source has no manifest. */
  | "unmade"
  | "rejected"
  /** The source is gone, and a manifest or renditions of it are left. */
  | "left-over"
  /** There is no source, and nothing of it is left. */
  | "missing"
  /** The recipe does not take the key as a source, or this fleet wrote the object. */
  | "not-a-source"
  /** The credentials may not read what decides it, or S3 failed. */
  | "unknown";

type RenditionState =
  | "present"
  | "missing"
  /** It is made when it is first requested, which nobody has done. */
  | "on-request"
  /** It is of an earlier content, or was made by other settings or another encoder. */
  | "outdated"
  /** No preset writes it any more, its manifest does not list it, or its source is gone. */
  | "left-over"
  /** Another program wrote the object, or it is a rendition of another source. */
  | "foreign";

/** A rendition, and what is wrong with it. Sizes are in px and bytes; unknown values are null. */
export interface JudgedRendition {
  /** The preset's name; null for an object that neither the recipe nor the manifest names. */
  readonly preset: string | null;
  readonly key: string;
  readonly format: OutputFormat | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly bytes: number | null;
  readonly state: RenditionState;
  readonly why: string | null;
  readonly modified: string | null;
}

export interface Judgement {
  readonly state: PictureState;
  /** Sentences that give the reasons, the most important first. */
  readonly why: readonly string[];
  readonly renditions: readonly JudgedRendition[];
}

/** What the queues have of the source. */
export interface Queued {
  /** Messages in both lanes, of any source; undefined: not asked. */
  readonly inLanes: number | undefined;
  /** When the last attempts of its dead letters were, ms since the epoch. */
  readonly deadAt: readonly number[];
}

/** Judges a source by what S3 and the queues have of it, by the rules of `audit`. */
export function judge(looked: Looked, recipe: Recipe, { inLanes = 0, deadAt }: Queued): Judgement {
  const { source, stored, notASource } = looked;
  const staleness = new Staleness(recipe);
  const manifest = stored?.manifest;
  const etag = source.state === "present" ? (source.etag ?? "") : undefined;
  const stale = manifest && etag !== undefined ? staleness.why(manifest, etag) : undefined;
  const isCurrent = manifest !== undefined && etag !== undefined && stale === undefined;
  const planned = plannedOf(manifest, etag, recipe);
  const renditions = looked.renditions.flatMap((each) =>
    judgeRendition(each, {
      source: etag,
      isGone: source.state === "missing",
      isCurrent,
      manifest,
      planned,
    }),
  );
  const of = (state: RenditionState) => renditions.filter((each) => each.state === state);
  const wrong = present<string>(
    of("missing").length > 0 &&
      `${many(of("missing").length, "rendition")} that should exist ${is(of("missing"))} missing.`,
    of("outdated").length > 0 &&
      `${many(of("outdated").length, "rendition")} ${is(of("outdated"))} outdated.`,
    of("left-over").length > 0 &&
      `${many(of("left-over").length, "rendition")} ${is(of("left-over"))} left over.`,
    of("foreign").length > 0 &&
      `${many(of("foreign").length, "object")} at the ${of("foreign").length === 1 ? "key" : "keys"} of renditions ${is(of("foreign"))} not of this source.`,
  );
  const as = (state: PictureState, ...why: readonly string[]): Judgement => ({
    state,
    why,
    renditions,
  });

  if (source.state === "unknown") return as("unknown", `${source.message}.`, ...wrong);
  if (source.state === "missing") {
    const isLeft = manifest !== undefined || renditions.length > 0;
    if (isLeft)
      return as(
        "left-over",
        "The source does not exist, and its renditions are not removed yet.",
        ...wrong,
      );
    if (stored?.tombstone)
      return as(
        "missing",
        `The source does not exist: it was deleted, and the fleet removed its renditions on ${stored.tombstone.at}.`,
      );
    return as("missing", "The source does not exist, and nothing of it is left.");
  }
  if (source.own)
    return as(
      "not-a-source",
      "This fleet wrote the object: a rendition is not a source.",
      ...wrong,
    );
  if (notASource !== undefined)
    return as("not-a-source", `The recipe does not take it as a source: ${notASource}.`, ...wrong);

  // What was uploaded after the last commit is in the lanes, unless its job has failed.
  const written = Date.parse(source.modified);
  const isAwaited = inLanes > 0 && !deadAt.some((at) => at >= written);
  const lanes = `The lanes have ${many(inLanes, "message")}, and its job may be among them.`;
  if (manifest === undefined) {
    const why =
      stored === undefined || stored.tombstone
        ? `The source was written ${ago(written, Date.now())}, and has not been rendered.`
        : "The object at the manifest's key is no manifest of this source.";
    return isAwaited ? as("waiting", why, lanes) : as("unmade", why, ...wrong);
  }
  if (stale === "overwritten") {
    const why = `The source was replaced: its ETag is ${source.etag}, and the manifest is of ${manifest.source.etag}.`;
    return isAwaited ? as("waiting", why, lanes) : as("stale", why, ...wrong);
  }
  if (stale === "recipe")
    return as("stale", ...recipeReasons(looked.renditions, manifest, staleness, planned), ...wrong);
  if (manifest.rejected) {
    const { reason, message, by } = manifest.rejected;
    return as(
      "rejected",
      `The source was rejected with ${reason}: ${message}.`,
      ...present<string>(
        by !== rejectionFingerprint(recipe, ENCODER) &&
          "The recipe's limits or switches have changed since: a job tries it again.",
        wrong,
      ),
    );
  }
  if (wrong.length > 0) return as("incomplete", ...wrong);
  return as("up-to-date", "Every rendition is of the present content and recipe.");
}

function is(some: readonly unknown[]): string {
  return some.length === 1 ? "is" : "are";
}

/** The presets that apply to the content, with their sizes; undefined: its size is not known. */
function plannedOf(
  manifest: Manifest | undefined,
  etag: string | undefined,
  { presets }: Recipe,
): ReadonlyMap<Preset, Geometry> | undefined {
  const { width, height } = manifest?.source ?? {};
  if (width === undefined || height === undefined || manifest?.source.etag !== etag)
    return undefined;
  return new Map(
    sized({ width, height }, presets).map(({ preset, geometry }) => [preset, geometry]),
  );
}

interface Around {
  /** The ETag of the present content; undefined: the source is gone, or it is not known. */
  readonly source: string | undefined;
  readonly isGone: boolean;
  /** The manifest is up to date. */
  readonly isCurrent: boolean;
  readonly manifest: Manifest | undefined;
  readonly planned: ReadonlyMap<Preset, Geometry> | undefined;
}

/** Nothing for what neither exists nor should. */
function judgeRendition(
  { key, preset, listed, onRequest, found }: LookedAt,
  { source, isGone, isCurrent, manifest, planned }: Around,
): JudgedRendition[] {
  const named = listed ?? onRequest;
  const isPlanned = preset !== undefined && planned?.has(preset) !== false;
  const size = named ?? (preset && planned?.get(preset));
  const as = (state: RenditionState, why: string | null = null): JudgedRendition[] => [
    {
      preset: preset?.name ?? named?.preset ?? null,
      key,
      format: preset?.format ?? named?.format ?? null,
      width: size?.width ?? null,
      height: size?.height ?? null,
      bytes: found?.bytes ?? null,
      state,
      why,
      modified: found?.modified?.toISOString() ?? null,
    },
  ];
  const isRejected = manifest?.rejected !== undefined && isCurrent;
  if (found === undefined) {
    if (isGone || isRejected || !isPlanned) return [];
    if (isCurrent && named === undefined) return [];
    const isLazy = listed === undefined && preset?.when === "request";
    return isLazy ? as("on-request") : as("missing");
  }
  if (found.isOfSource === false)
    return as("foreign", "Its metadata name another source, or another program wrote it.");
  if (isGone) return as("left-over", "Its source does not exist.");
  if (preset === undefined) return as("left-over", "No preset of the recipe writes it any more.");
  if (isRejected) return as("left-over", "Its source is rejected.");
  const fingerprint = presetFingerprint(preset, ENCODER);
  if (found.fingerprint !== fingerprint) {
    return as("outdated", `It was made ${formerly(preset, found.fingerprint)}.`);
  }
  if (source !== undefined && found.sourceEtag !== undefined && found.sourceEtag !== source) {
    return as("outdated", "It was made of an earlier content of the source.");
  }
  if (!isCurrent) return as("present");
  if (named === undefined) return as("left-over", "The manifest does not list it.");
  if (listed !== undefined && listed.etag !== found.etag) {
    return as("outdated", "The object is not the one that the manifest lists.");
  }
  return as("present");
}

/** Encoders are compared by major and minor version, of which a major one had fewer than these. */
const MINORS = 100;

/** How a preset's rendition was made by its fingerprint, in words. */
function formerly(preset: Preset, fingerprint: string | undefined): string {
  const [, name = "", minor = ""] = /^(.*\.)(\d+)$/.exec(ENCODER) ?? [];
  const encoder = Array.from({ length: MINORS }, (_none, at) => `${name}${at}`).find(
    (each) => each !== `${name}${minor}` && presetFingerprint(preset, each) === fingerprint,
  );
  return encoder === undefined
    ? `by other settings of the preset ${presetLabel(preset)}, or by another version of the program`
    : `by the encoder ${encoder}, and the present one is ${ENCODER}`;
}

/** Why a manifest is not of the present recipe: which presets differ, and how. */
function recipeReasons(
  renditions: readonly LookedAt[],
  manifest: Manifest,
  staleness: Staleness,
  planned: ReadonlyMap<Preset, Geometry> | undefined,
): string[] {
  const outdated = manifest.rejected ? [] : staleness.outdated(manifest);
  const changes = renditions.flatMap(({ preset, listed, onRequest }): string[] => {
    const named = listed ?? onRequest;
    if (preset === undefined) return named ? [`the recipe has ${named.preset} no more`] : [];
    if (planned?.has(preset) === false || manifest.rejected) return [];
    const label = `${presetLabel(preset)} (${preset.format})`;
    if (named === undefined) return outdated.includes(preset) ? [`${label} is new`] : [];
    if (outdated.includes(preset))
      return [`${label} was made ${formerly(preset, named.fingerprint)}`];
    const isLazy = preset.when === "request";
    return isLazy === (listed === undefined)
      ? []
      : [`${label} is now made at the ${isLazy ? "first request" : "upload"}`];
  });
  return [
    `The recipe has changed since the manifest was written: ${changes.length === 0 ? "its source, its output or the order of its presets" : [...new Set(changes)].join("; ")}.`,
  ];
}
