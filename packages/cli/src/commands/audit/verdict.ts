import type { ListedObject, Manifest } from "@imagefleet/core/store";
import { present } from "../../present.ts";
import type { Staleness } from "../../sources/staleness.ts";
import type { Finding } from "./finding.ts";

const STALE = { overwritten: "the source was overwritten", recipe: "the recipe has changed" };

/**
 * The findings for a source, from its manifest and the listing; none when it is complete.
 *
 * @param found the existing objects among the keys that the recipe could write
 * @param wronglyMade those of them that are made on request, and were made of another content
 */
export function verdict(
  source: Pick<ListedObject, "key" | "etag">,
  manifest: Manifest | "none",
  found: ReadonlyMap<string, Pick<ListedObject, "etag">>,
  staleness: Staleness,
  wronglyMade: readonly string[],
): Finding[] {
  const { key } = source;
  if (manifest === "none") return [{ kind: "unrendered", key }];
  const stale = staleness.why(manifest, source.etag);
  if (stale !== undefined) return [{ kind: "stale", key, why: STALE[stale] }];
  const listed = new Map(manifest.renditions.map((rendition) => [rendition.key, rendition]));
  const missing = [...listed.values()].filter((one) => found.get(one.key)?.etag !== one.etag);
  // A rendition on request may exist or not.
  const known = new Set([...listed.keys(), ...(manifest.onRequest ?? []).map((one) => one.key)]);
  const unlisted = [...found.keys()].filter(
    (each) => !known.has(each) || wronglyMade.includes(each),
  );
  const { rejected } = manifest;
  return present<Finding>(
    missing.length > 0 && { kind: "missing", key, renditions: missing.map((one) => one.key) },
    unlisted.length > 0 && { kind: "unlisted", key, renditions: unlisted },
    rejected !== undefined && { kind: "rejected", key, reason: rejected.reason },
  );
}
