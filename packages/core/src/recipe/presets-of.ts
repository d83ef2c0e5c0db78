import * as v from "valibot";
import type { PresetDraft } from "./preset-schema.ts";
import { EFFORTS, type OutputFormat, type Preset } from "./recipe.ts";
import type { Size } from "./size.ts";

/** WebP shows everywhere since 2020 and takes an eighth of AVIF's time. */
const DEFAULT_FORMAT = "webp";

/** All at one score, with the effort that costs least: docs/adr/035-encoder-defaults.md. */
const DEFAULT_QUALITY = { jpeg: 80, webp: 86, avif: 65, png: 100, gif: 100 } as const;
const DEFAULT_EFFORT = { webp: 2, avif: 0, gif: 3, png: 3 } as const;

/** The formats that hold an animation. */
const ANIMATED: readonly OutputFormat[] = ["webp", "gif"];

/** The formats that have several kinds of encodings. */
const BY_CONTENT: readonly OutputFormat[] = ["webp", "png", "jpeg"];

/** The files of one preset: one for each format and width, in the order of the person's. */
export function presetsOf(name: string, value: Size | PresetDraft, issues: string[]): Preset[] {
  const draft: PresetDraft = isDraft(value)
    ? value
    : { size: value, enlarge: false, background: "#ffffff" };
  const at = `presets.${name}`;
  const formats = draft.formats ?? [draft.format ?? DEFAULT_FORMAT];
  const found = [...sizeIssues(draft), ...formatIssues(draft, formats)];
  issues.push(...found.map((issue) => `${at}${issue}`));
  return formats.flatMap((format) =>
    sizesOf(draft).map((sides) =>
      Object.freeze<Preset>({
        name,
        ...sides,
        fit: draft.fit ?? "inside",
        ...(draft.gravity !== undefined &&
          draft.gravity !== "center" && { gravity: draft.gravity }),
        ...(draft.focus && { focus: draft.focus }),
        enlarge: draft.enlarge,
        format,
        ...encoding(draft, format),
        ...(draft.encoding === "by-content" &&
          BY_CONTENT.includes(format) && { encoding: draft.encoding }),
        ...(draft.animated && ANIMATED.includes(format) && { animated: true as const }),
        ...(draft.fallback && { fallback: draft.fallback }),
        background: draft.background,
        ...(draft.color === "p3" && { color: draft.color }),
        ...(draft.keep?.length && { keep: [...new Set(draft.keep)].sort() }),
        ...(whenOf(draft, format) === "request" && { when: "request" as const }),
      }),
    ),
  );
}

function whenOf({ when }: PresetDraft, format: OutputFormat) {
  return typeof when === "object" ? when[format] : when;
}

function isDraft(value: Size | PresetDraft): value is PresetDraft {
  return v.is(v.looseObject({ enlarge: v.boolean() }), value);
}

type Sides = Pick<Preset, "width" | "height" | "responsive">;

function sizesOf({ size, width, height, widths }: PresetDraft): Sides[] {
  const sides = size ?? {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
  if (widths === undefined) return [sides];
  return widths.map((each) => ({
    responsive: true,
    width: each,
    // A size beside widths gives the proportions.
    ...(sides.width !== undefined &&
      sides.height !== undefined && {
        height: Math.max(1, Math.round((each * sides.height) / sides.width)),
      }),
  }));
}

function encoding(draft: PresetDraft, format: OutputFormat) {
  const quality = pick(draft.quality, format) ?? DEFAULT_QUALITY[format];
  const { mozjpeg, palette } = draft;
  const effort = pick(draft.effort, format);
  switch (format) {
    case "jpeg":
      return { quality, ...(mozjpeg && { mozjpeg }) };
    case "png":
      return { quality, ...(palette && { palette, effort: effort ?? DEFAULT_EFFORT.png }) };
    default:
      return { quality, effort: effort ?? DEFAULT_EFFORT[format] };
  }
}

type PerFormat = PresetDraft["quality"];

function pick(value: PerFormat, format: OutputFormat): number | undefined {
  return typeof value === "object" ? value[format] : value;
}

function sizeIssues({ size, width, height, widths, fit, gravity, focus }: PresetDraft): string[] {
  const issues: string[] = [];
  if (size !== undefined && (width !== undefined || height !== undefined)) {
    issues.push(" has a size and a width or height: keep one of the two");
  }
  const has = { width: size?.width ?? width, height: size?.height ?? height };
  const box = has.width !== undefined && has.height !== undefined;
  if (widths !== undefined && !box && (has.width !== undefined || has.height !== undefined)) {
    issues.push(
      ' has widths and one side: leave the side out, or write a box for the proportions, size: "16x9"',
    );
  }
  if (fit !== undefined && fit !== "inside" && !box) {
    issues.push(`.fit is "${fit}": that needs a width and a height`);
  }
  const looks = gravity === "attention" || gravity === "entropy";
  if (gravity !== undefined && fit !== "cover" && (looks || fit !== "contain")) {
    issues.push(`.gravity is "${gravity}": that needs fit: "cover"${looks ? "" : ' or "contain"'}`);
  }
  if (focus !== undefined && fit !== "cover") issues.push('.focus needs fit: "cover"');
  if (focus !== undefined && gravity !== undefined) {
    issues.push(" has a gravity and a focus: keep one of the two");
  }
  return issues;
}

function formatIssues(draft: PresetDraft, formats: readonly OutputFormat[]): string[] {
  const issues: string[] = [];
  const { effort, mozjpeg, palette, encoding, animated, fallback, quality } = draft;
  if (draft.format !== undefined && draft.formats !== undefined) {
    issues.push(" has a format and formats: keep one of the two");
  }
  const needs = (given: unknown, field: string, some: readonly OutputFormat[]) => {
    if (given && !some.some((format) => formats.includes(format))) {
      issues.push(
        `.${field} is ${JSON.stringify(given)}: that needs the format ${some.join(" or ")}`,
      );
    }
  };
  needs(mozjpeg, "mozjpeg", ["jpeg"]);
  needs(palette, "palette", ["png"]);
  needs(encoding === "by-content" && encoding, "encoding", BY_CONTENT);
  if (palette && encoding === "by-content") {
    issues.push(' has palette: true and encoding: "by-content": keep one of the two');
  }
  needs(animated, "animated", ANIMATED);
  if (animated && (draft.gravity === "attention" || draft.gravity === "entropy")) {
    issues.push(
      `.gravity is "${draft.gravity}": an animation has no single crop for that; use focus`,
    );
  }
  for (const [field, value] of Object.entries({ quality, effort, when: draft.when })) {
    if (typeof value !== "object") continue;
    for (const format of Object.keys(value)) {
      if (formats.some((known) => known === format)) continue;
      issues.push(
        `.${field}.${format} is for a format that this preset does not make: add the format or remove this`,
      );
    }
  }
  if (fallback !== undefined && draft.keep?.length) {
    issues.push(
      ' has fallback: "source" and keep: the source keeps its metadata; keep one of the two',
    );
  }
  issues.push(...effortIssues(effort, formats, palette === true));
  return issues;
}

function effortIssues(effort: PerFormat, formats: readonly OutputFormat[], palette: boolean) {
  const able = formats.filter((format) => format !== "jpeg" && (format !== "png" || palette));
  if (typeof effort === "number" && able.length === 0) {
    return [
      `.effort is ${effort}: JPEG has mozjpeg: true instead, PNG has effort with palette: true`,
    ];
  }
  return able.flatMap((format) => {
    if (format === "jpeg") return [];
    const [from, to] = EFFORTS[format];
    const value = pick(effort, format);
    return value === undefined || (value >= from && value <= to)
      ? []
      : [`.effort is ${value}: ${format} takes ${from} to ${to}`];
  });
}
