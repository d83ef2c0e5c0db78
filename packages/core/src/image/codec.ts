import sharp from "sharp";
import { setThreads } from "./threads.ts";

const [major, minor] = sharp.versions.sharp?.split(".") ?? [];

/** Name and version of the encoder without the patch level. It is part of every fingerprint. */
export const ENCODER = `sharp-${major}.${minor}`;

/** The versions of the encoder and of its library. */
export const CODEC_VERSIONS: { readonly sharp: string; readonly libvips: string } = {
  sharp: sharp.versions.sharp ?? "unknown",
  libvips: sharp.versions.vips,
};

/**
 * The loaders that may read untrusted bytes; raw pixels need none. Excluded are, among others, SVG,
 * PDF, ImageMagick and Ultra HDR: a JPEG with a gain map is read as a plain JPEG.
 */
const ALLOWED_LOADERS = [
  "VipsForeignLoadJpeg",
  "VipsForeignLoadPng",
  "VipsForeignLoadWebp",
  "VipsForeignLoadNsgif",
  "VipsForeignLoadHeif",
  "VipsForeignLoadTiff",
];

/**
 * Configures the codec for the whole process. A program calls it once, before the first image.
 *
 * Pipelines run in parallel, each on one thread. On the same CPUs this processes more images than
 * many threads in one pipeline, and the memory of libaom and of glibc's arenas does not grow with
 * the machine. The operation cache is off: no two sources are alike, and it would hold pixels.
 *
 * @param threads pipelines at once. They run in libuv's pool, which has 4 threads unless
 *   UV_THREADPOOL_SIZE is larger.
 *
 * @example
 * configureCodec({ threads: 2 });
 */
export function configureCodec({ threads }: { readonly threads: number }): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.simd(true);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: ALLOWED_LOADERS });
  setThreads(threads);
}
