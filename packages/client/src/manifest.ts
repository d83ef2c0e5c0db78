import {
  type Manifest,
  manifestSchema,
  type Tombstone,
  tombstoneSchema,
} from "@imagefleet/core/manifest";
import * as v from "valibot";

const schema = v.union([manifestSchema, tombstoneSchema]);

/**
 * Checks a manifest that was read from the rendition bucket.
 *
 * @param input the parsed JSON
 * @returns the manifest; or the tombstone of a deleted source, whose `removed` is true
 * @throws Error naming the first field that is wrong
 *
 * @example
 * const response = await fetch(`https://images.example.com/${manifestKey(recipe, "cats/tom.jpg")}`);
 * const manifest = parseManifest(await response.json());
 */
export function parseManifest(input: unknown): Manifest | Tombstone {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  // Of a union, the issues of the member that the input is meant to be.
  const isTombstone = typeof input === "object" && input !== null && "removed" in input;
  const { issues: [issue] = [] } = v.safeParse(
    isTombstone ? tombstoneSchema : manifestSchema,
    input,
  );
  const field = issue && v.getDotPath(issue);
  throw new Error(`not a manifest of Imagefleet: ${field ?? "it"}: ${issue?.message}`);
}
