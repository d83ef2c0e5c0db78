/**
 * Decodes BMP run lengths, whose rows go from the bottom up:
 * https://learn.microsoft.com/windows/win32/gdi/bitmap-compression
 *
 * @param data from the first pixel to the end of the file
 * @returns a palette index for each px, rows from the top. Skipped pixels have index 0, and so do
 *   missing pixels if the data ends before the image does.
 */
export function rleIndices(
  data: Uint8Array,
  width: number,
  height: number,
  kind: "rle8" | "rle4",
): { indices: Uint8Array; whole: boolean } {
  const indices = new Uint8Array(width * height);
  let x = 0;
  let y = height - 1;
  let at = 0;
  const put = (index: number) => {
    // A run can be longer than its row. The rest of it is ignored.
    if (x < width && y >= 0) indices[y * width + x] = index;
    x += 1;
  };
  const part = (byte: number, place: number) =>
    kind === "rle8" ? byte : place % 2 === 0 ? byte >> 4 : byte & 15;
  while (y >= 0) {
    const count = data[at];
    const value = data[at + 1];
    // The image is complete without its end marker.
    if (count === undefined || value === undefined) {
      return { indices, whole: y === 0 && x >= width };
    }
    at += 2;
    if (count > 0) {
      for (let place = 0; place < count; place++) put(part(value, place));
    } else if (value === 0) {
      x = 0;
      y -= 1;
    } else if (value === 1) {
      return { indices, whole: true };
    } else if (value === 2) {
      x += data[at] ?? 0;
      y -= data[at + 1] ?? 0;
      at += 2;
    } else {
      const bytes = kind === "rle8" ? value : Math.ceil(value / 2);
      if (at + bytes > data.length) return { indices, whole: false };
      for (let place = 0; place < value; place++) {
        put(part(data[at + (kind === "rle8" ? place : place >> 1)] ?? 0, place));
      }
      at += bytes + (bytes % 2);
    }
  }
  return { indices, whole: true };
}
