import { createHash } from "node:crypto";
import { join } from "node:path";

/** The longest name on ext4, APFS and NTFS. */
const MAX_SEGMENT_BYTES = 255;

/** The longest extension that a shortened name keeps. */
const MAX_EXTENSION_BYTES = 16;

/**
 * The path of an object in a folder: the path in its key, which never leaves the folder. A name that is
 * too long for a file system is cut, and a hash makes it unique.
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

/** The longest prefix of whole characters within this many bytes. */
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
