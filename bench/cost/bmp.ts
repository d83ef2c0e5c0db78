import type { Sharp } from "sharp";

/** A BMP of 24 bits with rows from bottom to top, as Windows writes it. */
export async function asBmp(photo: Sharp, width: number, height: number): Promise<Buffer> {
  const rgb = await photo.removeAlpha().raw().toBuffer();
  const stride = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + stride * height);
  file.write("BM", "latin1");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    const row = file.subarray(54 + (height - 1 - y) * stride);
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      row[x * 3] = rgb[at + 2] ?? 0;
      row[x * 3 + 1] = rgb[at + 1] ?? 0;
      row[x * 3 + 2] = rgb[at] ?? 0;
    }
  }
  return file;
}
