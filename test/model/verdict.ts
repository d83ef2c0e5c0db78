import { manifestKey, planRenditions } from "@imagefleet/core/plan";
import { presetFingerprint, recipeFingerprint } from "@imagefleet/core/recipe";
import { ENCODER, infoOf, renditionOf } from "./codec.ts";
import { harmed, isBystander } from "./intruder.ts";
import { RENDITIONS, SOURCES } from "./s3.ts";
import { KEY, type World } from "./world.ts";

/** What is wrong with what is stored once nothing is left to do; nothing when all is as it must be. */
export function verdict(world: World): string[] {
  const { s3, recipe } = world;
  const at = manifestKey(recipe, KEY);
  const source = s3.get(SOURCES, KEY);
  const stored = new Set(s3.keys(RENDITIONS).filter((key) => !isBystander(key)));
  const violations = harmed(world).map((key) => `${key} is another's, and was touched`);
  const content = source && Buffer.from(source.body).toString();

  if (source === undefined || source.metadata["imagefleet"] !== undefined) {
    const standing = s3.get(RENDITIONS, at);
    stored.delete(at);
    if (standing && standing.tagging === undefined) {
      violations.push("a manifest of a source that is gone");
    }
  } else {
    const manifest = world.standing(recipe);
    if (manifest === undefined) return ["there is no manifest"];
    stored.delete(at);
    if ("removed" in manifest) return ["a tombstone of a source that is there"];
    if (manifest.source.key !== KEY) violations.push("the manifest is of another source");
    if (manifest.source.etag !== source.etag) violations.push("the manifest is of another version");
    if (manifest.recipe !== recipeFingerprint(recipe, ENCODER)) {
      violations.push("the manifest is of another recipe");
    }
    if (manifest.stale.length > 0) violations.push(`the manifest calls ${manifest.stale} stale`);
    const size = /^picture \d+ (\d+)x(\d+)/.exec(content ?? "");
    if ((manifest.rejected !== undefined) !== (size === null))
      violations.push("wrongly rejected or not");
    if (size === null && !world.told.has(source.etag)) {
      violations.push("no dead letter says that the content was rejected");
    }
    const expected = size
      ? planRenditions(infoOf(Number(size[1]), Number(size[2]), 1), recipe, KEY, 2 ** 30).renditions
      : [];
    const listed = new Map(manifest.renditions.map((each) => [each.key, each]));
    for (const { key, preset } of expected) {
      const object = s3.get(RENDITIONS, key);
      const begins = renditionOf(content ?? "", presetFingerprint(preset, ENCODER));
      if (object === undefined) violations.push(`${key} is missing`);
      else if (!Buffer.from(object.body).toString().startsWith(begins)) {
        violations.push(`${key} is stale: ${Buffer.from(object.body)}, not ${begins}`);
      }
      if (object && listed.get(key)?.etag !== object.etag) {
        violations.push(`${key} is not what the manifest lists`);
      }
      listed.delete(key);
      stored.delete(key);
    }
    for (const key of listed.keys()) violations.push(`the manifest lists ${key}`);
  }
  for (const key of stored) if (!isExcused(key, world)) violations.push(`${key} is an orphan`);
  return violations;
}

/**
 * The one thing that is left to the audit: what an attempt put and never committed, when a program of
 * another recipe, which does not know that key, finished its work. Of a source that is there, the
 * recipe that is deployed last removes it, or makes it anew.
 */
function isExcused(key: string, world: World): boolean {
  const isGone = world.s3.get(SOURCES, KEY) === undefined;
  return world.ended.some(
    ({ recipe, uncommitted }) =>
      uncommitted.has(key) && (recipe !== world.recipeNumber || (world.deploys && isGone)),
  );
}
