import { isFrame } from "./segments.ts";

/**
 * Is a JPEG's color stored at a quarter of its px (4:2:0)? libvips says so of every JPEG with less
 * color than light, be it half (4:2:2). Where its frame is not in the head, behind large metadata:
 * no, which is the more that it may take to decode.
 *
 * @param head the first bytes of the file
 */
export function hasQuarterChroma(head: Uint8Array): boolean {
  const file = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  let at = 2;
  while (at + 4 <= file.length && file[at] === 0xff) {
    const marker = file[at + 1] ?? 0;
    const length = file.readUInt16BE(at + 2);
    if (isFrame(marker)) {
      // Precision, height, width and count, then three bytes a component: its name, its share.
      const share = (component: number) => file[at + 11 + component * 3];
      return file[at + 9] === 3 && share(0) === 0x22 && share(1) === 0x11 && share(2) === 0x11;
    }
    at += 2 + length;
  }
  return false;
}
