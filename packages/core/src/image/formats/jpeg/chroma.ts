import { isFrame } from "./segments.ts";

/**
 * Whether a JPEG uses chroma subsampling 4:2:0. libvips reports that for every JPEG with subsampled
 * chroma, including 4:2:2. If the head does not contain the frame, because large metadata precedes
 * it, the result is false, which predicts the higher cost.
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
      // Precision, height, width and count are followed by three bytes per component: its id, its
      // sampling factors and its table.
      const share = (component: number) => file[at + 11 + component * 3];
      return file[at + 9] === 3 && share(0) === 0x22 && share(1) === 0x11 && share(2) === 0x11;
    }
    at += 2 + length;
  }
  return false;
}
