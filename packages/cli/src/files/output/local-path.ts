import { createHash } from "node:crypto";
import { join } from "node:path";

/** What ext4, APFS and NTFS take for one name. */
const MAX_SEGMENT_BYTES = 255;

/** Long enough that an extension is kept, short enough that one is not the whole name. */
const MAX_EXTENSION_BYTES = 16;

/**
 * Where an object goes under a folder: its key's path, which never leaves the folder. A name that is
 * too long for a file system is cut and told apart by a hash.
 */
export function localPath(dir: string, key: string): string {
  return join(dir, ...key.split("/").map(safeSegment));
}

function safeSegment(segment: string): string {
  if (segment === "" || segment === "." || segment === "..") {
    return segment === "" ? "%2F" : segment.replaceAll(".", "%2E");
  }
  const safe = segment.replace(/[\\\p{Cc}]/gu, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return Buffer.byteLength(safe) <= MAX_SEGMENT_BYTES ? safe : shortened(safe);
}

function shortened(segment: string): string {
  const dot = segment.lastIndexOf(".");
  const end = dot > 0 ? segment.slice(dot) : "";
  const extension = Buffer.byteLength(end) <= MAX_EXTENSION_BYTES ? end : "";
  const hash = createHash("sha256").update(segment).digest("hex").slice(0, 16);
  const tail = `~${hash}${extension}`;
  return cut(segment, MAX_SEGMENT_BYTES - Buffer.byteLength(tail)) + tail;
}

/** As many whole characters as fit into so many bytes. */
function cut(text: string, bytes: number): string {
  let kept = "";
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}
