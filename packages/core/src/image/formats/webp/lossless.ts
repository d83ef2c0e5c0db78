/**
 * Whether this WebP must be treated as lossless. The chunk of the first frame shows it. If a large
 * color profile pushes that chunk beyond the head, the answer is yes.
 * https://developers.google.com/speed/webp/docs/riff_container
 *
 * @param head the first bytes of the file
 */
export function mayBeLossless(head: Uint8Array): boolean {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  let at = 12;
  while (at + 8 <= bytes.length) {
    switch (bytes.toString("latin1", at, at + 4)) {
      case "VP8 ":
        return false;
      case "VP8L":
        return true;
      case "ANMF":
        // A frame of an animation has 16 bytes of its own, followed by chunks.
        at += 8 + 16;
        break;
      default: {
        const size = bytes.readUInt32LE(at + 4);
        at += 8 + size + (size % 2);
      }
    }
  }
  return true;
}
