import type { Recipe } from "@imagefleet/core/recipe";
import type { StoredManifest } from "@imagefleet/core/store";
import { deadLetterJson } from "../../dead-letters/json.ts";
import { addressOf } from "../../delivery/address.ts";
import { present } from "../../present.ts";
import { Staleness } from "../../sources/staleness.ts";
import { ago, formatBytes } from "../../terminal/format.ts";
import { printable } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Column, table } from "../../terminal/table.ts";
import type { JudgedRendition, PictureState } from "./judge.ts";
import type { Picture, Step } from "./picture.ts";

export function pictureJson(found: Picture, next: readonly Step[]): unknown {
  const { looked, recipe, judgement, deadLetters, history, logs, logsWarning, warnings } = found;
  const { bucket, key, source, manifestKey, stored } = looked;
  return {
    version: 1,
    key,
    bucket,
    state: judgement.state,
    why: judgement.why,
    source,
    manifest: stored === undefined ? null : manifestJson(stored, manifestKey, recipe),
    renditions: judgement.renditions.map((each) => ({ ...each, address: addressIn(found, each) })),
    deadLetters: deadLetters?.map(deadLetterJson) ?? null,
    history,
    logs: logs ?? null,
    logsWarning: logsWarning ?? null,
    next,
    warnings,
  };
}

/** The object at the manifest's key; unknown values are null. */
function manifestJson(
  { etag, manifest, tombstone }: StoredManifest,
  key: string | undefined,
  recipe: Recipe,
) {
  const { source, rejected, damaged, placeholder } = manifest ?? {};
  return {
    key: key ?? null,
    etag,
    writtenAt: (manifest ?? tombstone)?.at ?? null,
    seq: (manifest ?? tombstone)?.seq ?? null,
    outcome: tombstone
      ? "removed"
      : manifest === undefined
        ? "unreadable"
        : rejected
          ? "rejected"
          : "rendered",
    reason: rejected?.reason ?? null,
    message: rejected?.message ?? null,
    damaged: damaged?.message ?? null,
    recipe: manifest?.recipe ?? null,
    isOfRecipe: manifest === undefined ? null : new Staleness(recipe).isOfRecipe(manifest),
    sourceEtag: source?.etag ?? null,
    bytes: source?.bytes ?? null,
    format: source?.format ?? null,
    width: source?.width ?? null,
    height: source?.height ?? null,
    name: source?.name ?? null,
    color: placeholder?.color ?? null,
    thumbhash: placeholder?.thumbhash ?? null,
  };
}

/** The edge delivers what the recipe makes of a source that is there. */
function addressIn({ looked, url }: Picture, { key }: JudgedRendition): string | null {
  const { source, renditions } = looked;
  const isOfRecipe = renditions.some((each) => each.key === key && each.preset !== undefined);
  if (url === undefined || source.state !== "present" || !isOfRecipe) return null;
  return addressOf(url, key, source.etag ?? "");
}

const STYLES: Readonly<Record<PictureState, "green" | "yellow" | "red" | "dim">> = {
  "up-to-date": "green",
  stale: "yellow",
  incomplete: "red",
  waiting: "yellow",
  unmade: "red",
  rejected: "red",
  "left-over": "red",
  missing: "dim",
  "not-a-source": "dim",
  unknown: "red",
};

export function pictureText(
  found: Picture,
  next: readonly Step[],
  where: string,
  screen: Screen,
): void {
  const { looked, judgement, deadLetters, history, logs = [], logsWarning, warnings } = found;
  const { bucket, key, source, stored } = looked;
  const { paint } = screen;
  const now = Date.now();
  const { manifest } = stored ?? {};
  const { width, height, format } = manifest?.source ?? {};
  const facts = present<string>(
    source.state === "present" &&
      `source    ${formatBytes(source.bytes)}, ${printable(source.type ?? "no type")}, written ${ago(Date.parse(source.modified), now)}, ETag ${source.etag}`,
    manifest !== undefined &&
      `manifest  ${width === undefined ? "" : `${width}x${height} ${printable(format ?? "")}, `}written ${ago(Date.parse(manifest.at), now)}, recipe ${printable(manifest.recipe)}`,
  );
  screen.report(
    `${paint("bold", `s3://${printable(bucket)}/${printable(key)}`)}  ${paint(STYLES[judgement.state], judgement.state)}`,
    ...judgement.why.map((why) => `  ${printable(why)}`),
    paint("dim", `at ${where}`),
    "",
    ...facts,
    ...(judgement.renditions.length === 0
      ? []
      : ["", ...table(renditionColumns(screen), judgement.renditions, screen)]),
    ...(deadLetters ?? []).map(
      ({ id, reason, message, lastAttemptAt }) =>
        `\ndead letter ${id.slice(0, 8)}: ${paint("red", reason)}, ${ago(lastAttemptAt, now)}: ${printable(message)}`,
    ),
    ...(history.length === 0
      ? []
      : [
          "",
          paint("dim", "history"),
          ...history.map(({ at, text }) => `${at.slice(0, 19)}Z  ${printable(text)}`),
        ]),
    ...(logs.length === 0
      ? []
      : [
          "",
          paint("dim", "logs"),
          ...logs.map(
            ({ at, level, text }) => `${at.slice(0, 19)}Z  ${level.padEnd(5)}  ${printable(text)}`,
          ),
        ]),
    ...(next.length === 0 ? [] : ["", "Next:"]),
  );
  // Commands are not wrapped, so that they can be copied.
  for (const { what, command } of next)
    screen.verbatim(`  ${command}`, paint("dim", `    ${what}`));
  const all = present(warnings, logsWarning !== undefined && logsWarning);
  for (const warning of all) screen.warn(printable(warning));
}

function renditionColumns({ paint }: Screen): Column<JudgedRendition>[] {
  const now = Date.now();
  return [
    { title: "rendition", cell: ({ key }) => printable(key), min: 20, cut: "middle" },
    { title: "size", cell: ({ width, height }) => (width === null ? "" : `${width}x${height}`) },
    {
      title: "bytes",
      align: "right",
      cell: ({ bytes }) => (bytes === null ? "" : formatBytes(bytes)),
    },
    {
      title: "state",
      cell: ({ state }) => state,
      paint: (text, { state }) =>
        paint(state === "present" ? "green" : state === "on-request" ? "dim" : "red", text),
    },
    {
      title: "written",
      cell: ({ modified }) => (modified === null ? "" : ago(Date.parse(modified), now)),
    },
  ];
}
