import * as v from "valibot";
import { S3Error } from "./fauxqs.ts";
import type { Objects } from "./objects.ts";
import { document, element, holding, once, readDocument, Text } from "./xml.ts";

const maxKeys = 1000;

const Request = v.strictObject({
  Delete: once(
    holding({
      Object: v.array(v.looseObject({ Key: once(Text) })),
      Quiet: v.optional(once(Text)),
    }),
  ),
});

/**
 * DeleteObjects. fauxqs undoes XML's references twice over and not at all when they
 * are numeric, and so deletes another key than the one named.
 *
 * @throws S3Error MalformedXML (400) without a key or with more than 1,000
 */
export function deleteAll(objects: Objects, bucket: string, body: Buffer): string {
  const { Delete: asked } = readDocument(body, Request);
  const keys = asked.Object.map(({ Key }) => Key);
  if (keys.length === 0 || keys.length > maxKeys) {
    throw new S3Error("MalformedXML", `Name 1 to ${maxKeys} objects, not ${keys.length}`, 400);
  }
  for (const key of keys) objects.deleteObject(bucket, key);
  if (asked.Quiet === "true") return document("DeleteResult", "");
  return document(
    "DeleteResult",
    keys.map((key) => `<Deleted>${element("Key", key)}</Deleted>`).join(""),
  );
}
