import libheif from "libheif-js/wasm-bundle.js";
import { Rejection } from "../../../outcome/index.ts";
import type { Raster } from "../tiff/raster.ts";

/**
 * Decodes a HEIC's primary image, upright. libheif applies the rotations and crops that the file
 * specifies; the EXIF orientation is then ignored.
 *
 * Loading this module compiles 1.4 MB of WebAssembly, whose memory never shrinks. Load it only in
 * threads that end with the image.
 *
 * @param bytes the whole file
 * @param raster the size from the header. An image of another size is rejected.
 * @param out filled with rows from the top, RGB or RGBA of 8 or 16 bits as `raster` specifies
 * @throws Rejection `SourceCorrupt`
 */
export function heicPixels(bytes: Uint8Array, raster: Raster, out: Uint8Array): void {
  const context = libheif.heif_context_alloc();
  const read = libheif.heif_context_read_from_memory(context, bytes);
  if (read.code !== libheif.heif_error_code.heif_error_Ok) throw corrupt(read.message);
  const handle = libheif.heif_js_context_get_primary_image_handle(context);
  if ("code" in handle) throw corrupt(handle.message);
  const width = libheif.heif_image_handle_get_width(handle);
  const height = libheif.heif_image_handle_get_height(handle);
  if (width !== raster.width || height !== raster.height) {
    throw corrupt(
      `${width} x ${height} px where its header says ${raster.width} x ${raster.height}`,
    );
  }
  const chroma = libheif.heif_chroma;
  const [rgb, rgba] =
    raster.bits === 16
      ? [chroma.heif_chroma_interleaved_RRGGBB_LE, chroma.heif_chroma_interleaved_RRGGBBAA_LE]
      : [chroma.heif_chroma_interleaved_RGB, chroma.heif_chroma_interleaved_RGBA];
  const decoded = libheif.heif_js_decode_image2(
    handle,
    libheif.heif_colorspace.heif_colorspace_RGB,
    raster.channels === 4 ? rgba : rgb,
  );
  if ("code" in decoded) throw corrupt(decoded.message);
  const [plane] = decoded.channels;
  if (plane === undefined || plane.width !== width || plane.height !== height) {
    throw corrupt("the decoded picture has another size");
  }
  const row = width * raster.channels * ((raster.bits ?? 8) / 8);
  for (let y = 0; y < height; y++) {
    out.set(plane.data.subarray(y * plane.stride, y * plane.stride + row), y * row);
  }
  if (raster.bits === 16) stretch(out, plane.bits_per_pixel);
}

/** Scales samples of `bits` bits to 16 bits, in place. */
function stretch(out: Uint8Array, bits: number): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const scale = 65_535 / (2 ** bits - 1);
  for (let at = 0; at < out.length; at += 2) {
    view.setUint16(at, Math.min(65_535, Math.round(view.getUint16(at, true) * scale)), true);
  }
}

function corrupt(why = "it is cut off or damaged"): Rejection {
  return new Rejection("SourceCorrupt", `the pixels cannot be read: ${why.trim().slice(0, 160)}`);
}
