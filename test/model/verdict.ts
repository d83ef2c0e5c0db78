import { manifestKey, planRenditions } from "@imagefleet/core/plan";
import { presetFingerprint, recipeFingerprint } from "@imagefleet/core/recipe";
import { ENCODER, infoOf, renditionOf } from "./codec.ts";
import { harmed, isBystander } from "./intruder.ts";
import { RENDITIONS, SOURCES } from "./s3.ts";
import { KEY, type World } from "./world.ts";

/** Checks the stored state at the end of a history. @returns its violations */
export function verdict(world: World): string[] {
  const { s3, recipe } = world;
  const at = manifestKey(recipe, KEY);
  const source = s3.get(SOURCES, KEY);
  const stored = new Set(s3.keys(RENDITIONS).filter((key) => !isBystander(key)));
  const violations = harmed(world).map((key) => `${key} is of another source and was changed`);
  const content = source && Buffer.from(source.body).toString();

  if (source === undefined || source.metadata["imagefleet"] !== undefined) {
    const existing = s3.get(RENDITIONS, at);
    stored.delete(at);
    if (existing && existing.tagging === undefined) {
      violations.push("there is a manifest of a deleted source");
    }
  } else {
    const manifest = world.storedManifest(recipe);
    if (manifest === undefined) return ["there is no manifest"];
    stored.delete(at);
    if ("removed" in manifest) return ["there is a tombstone of an existing source"];
    if (manifest.source.key !== KEY) violations.push("the manifest is of another source");
    if (manifest.source.etag !== source.etag) violations.push("the manifest is of another version");
    if (manifest.recipe !== recipeFingerprint(recipe, ENCODER)) {
      violations.push("the manifest is of another recipe");
    }
    if (manifest.stale.length > 0) violations.push(`the manifest lists ${manifest.stale} as stale`);
    const size = /^picture \d+ (\d+)x(\d+)/.exec(content ?? "");
    if ((manifest.rejected !== undefined) !== (size === null))
      violations.push("the manifest is wrong about the rejection");
    if (size === null && !world.rejected.has(source.etag)) {
      violations.push("there is no dead letter of the rejected content");
    }
    const expected = size
      ? planRenditions(infoOf(Number(size[1]), Number(size[2]), 1), recipe, KEY, 2 ** 30).renditions
      : [];
    const listed = new Map(manifest.renditions.map((each) => [each.key, each]));
    const unmade = new Map(manifest.onRequest?.map((each) => [each.key, each]));
    for (const { key, preset } of expected) {
      const object = s3.get(RENDITIONS, key);
      const fingerprint = presetFingerprint(preset, ENCODER);
      const start = renditionOf(content ?? "", fingerprint);
      if (preset.when === "request" && !listed.has(key)) {
        if (unmade.get(key)?.fingerprint !== fingerprint) {
          violations.push(`the manifest does not list ${key}, which is made on request`);
        }
        unmade.delete(key);
        if (object && !Buffer.from(object.body).toString().startsWith(start)) {
          violations.push(`${key} was made on request and is stale: ${Buffer.from(object.body)}`);
        }
        stored.delete(key);
        continue;
      }
      if (object === undefined) violations.push(`${key} is missing`);
      else if (!Buffer.from(object.body).toString().startsWith(start)) {
        violations.push(`${key} is stale: ${Buffer.from(object.body)}, not ${start}`);
      }
      if (object && listed.get(key)?.etag !== object.etag) {
        violations.push(`${key} is not what the manifest lists`);
      }
      listed.delete(key);
      stored.delete(key);
    }
    for (const key of [...listed.keys(), ...unmade.keys()])
      violations.push(`the manifest lists ${key}, which the recipe does not make`);
  }
  for (const key of stored) if (!isExcused(key, world)) violations.push(`${key} is an orphan`);
  for (const [key, body] of world.cached) {
    const isOfContent = world.contents.at(-1) === content && body.startsWith(`[${content}]`);
    if (!isOfContent && !isExcused(key, world)) {
      violations.push(`an edge has ${key} of an earlier content: ${body}`);
    }
  }
  return violations;
}

/**
 * The one kind of orphan that is left to the audit: an attempt put it and never committed, and a
 * program with another recipe, which does not have that key, finished its work. If the source exists,
 * the recipe that is deployed last removes or replaces it.
 */
function isExcused(key: string, world: World): boolean {
  const isDeleted = world.s3.get(SOURCES, KEY) === undefined;
  return world.ended.some(
    ({ recipe, uncommitted }) =>
      uncommitted.has(key) && (recipe !== world.recipeNumber || (world.deploys && isDeleted)),
  );
}
