import { S3Error } from "./fauxqs.ts";
import type { Objects } from "./objects.ts";
import { document, element, elements, text } from "./xml.ts";

const maxKeys = 1000;

/**
 * DeleteObjects. fauxqs undoes XML's references twice over and not at all when they
 * are numeric, and so deletes another key than the one named.
 *
 * @throws S3Error MalformedXML (400) without a key or with more than 1,000
 */
export function deleteAll(objects: Objects, bucket: string, xml: string): string {
  const keys = elements(xml, "Object").flatMap((one) => text(one, "Key") ?? []);
  if (keys.length === 0 || keys.length > maxKeys) {
    throw new S3Error("MalformedXML", `Name 1 to ${maxKeys} objects, not ${keys.length}`, 400);
  }
  for (const key of keys) objects.deleteObject(bucket, key);
  if (text(xml, "Quiet") === "true") return document("DeleteResult", "");
  return document(
    "DeleteResult",
    keys.map((key) => `<Deleted>${element("Key", key)}</Deleted>`).join(""),
  );
}
