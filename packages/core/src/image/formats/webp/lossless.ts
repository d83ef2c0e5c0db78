/**
 * Must this WebP be taken for one without loss? Its kind stands before its first frame, which a
 * large color profile can push beyond what was read of it: then, yes.
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
        // A frame of an animation: 16 bytes of its own, then chunks again.
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
