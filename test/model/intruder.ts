import { jobMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { RENDITIONS, SOURCES } from "./s3.ts";
import { KEY, type World } from "./world.ts";

/** A foreign bucket with another picture at the source's key. */
const FOREIGN = "foreign";

/** Keys in the rendition bucket that are not of the source. */
const BYSTANDERS = ["config/important.json", "b.jpg/thumb.webp", "manifests/b.jpg.json"] as const;

export function placeBystanders({ s3 }: World): void {
  s3.put(FOREIGN, KEY, Buffer.from("picture 0 40x40"));
  for (const key of BYSTANDERS) s3.put(RENDITIONS, key, Buffer.from(`${key} is another's`));
}

/** Bystanders that are missing or changed. */
export function harmed({ s3 }: World): string[] {
  return BYSTANDERS.filter((key) => {
    const body = s3.get(RENDITIONS, key)?.body;
    return body === undefined || Buffer.from(body).toString() !== `${key} is another's`;
  });
}

export function isBystander(key: string): boolean {
  return BYSTANDERS.some((known) => known === key);
}

/** Sends a message that names another bucket: the foreign one or the rendition bucket. */
export function sendForeignMessage(world: World): string {
  const bucket = world.chance.of([FOREIGN, RENDITIONS]);
  const mayHaveRun = world.chance.happens(0.5);
  const body = jobMessage({ bucket, key: KEY, at: world.now, mayHaveRun, force: mayHaveRun });
  world.small.queue.send(body, {}, world.now);
  return `a message names the bucket ${bucket}`;
}

/**
 * Adds keys of other sources to the stored manifest, or replaces its source by another one, and sends
 * a job for the source.
 */
export function forgeManifest(world: World): string {
  const { s3, chance, recipe } = world;
  const at = manifestKey(recipe, KEY);
  const stored = s3.get(RENDITIONS, at);
  const manifest = world.storedManifest(recipe);
  if (stored === undefined || manifest === undefined || "removed" in manifest) {
    return "there is no manifest to forge";
  }
  world.changes += 1;
  for (const session of world.running.keys()) session.isRepeated = false;
  // With another source it hides renditions of an older recipe, so only without deployments.
  const isMoved = !world.deploys && chance.happens(0.5);
  const source = isMoved
    ? { ...manifest.source, key: "b.jpg" }
    : { ...manifest.source, etag: '"forged"' };
  const [first, ...others] = BYSTANDERS;
  const forged = {
    ...manifest,
    revision: `forged ${world.changes}`,
    source,
    renditions: isMoved ? manifest.renditions : [...manifest.renditions, listed(first)],
    stale: isMoved ? manifest.stale : [...manifest.stale, ...others],
  };
  s3.put(RENDITIONS, at, Buffer.from(JSON.stringify(forged)), stored.metadata);
  world.small.queue.send(
    jobMessage({ bucket: SOURCES, key: KEY, at: world.now, mayHaveRun: false, force: false }),
    {},
    world.now,
  );
  return isMoved ? "the manifest gets another source" : "the manifest is forged";
}

function listed(key: string) {
  const size = { width: 1, height: 1, bytes: 1 };
  return { preset: "thumb", key, ...size, format: "webp", etag: '"0"', fingerprint: "0" };
}
