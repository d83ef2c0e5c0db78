import sharp from "sharp";
import { setThreads } from "./threads.ts";

const [major, minor] = sharp.versions.sharp?.split(".") ?? [];

/** Name and version of the encoder, patch level left out: part of every fingerprint. */
export const ENCODER = `sharp-${major}.${minor}`;

/**
 * The loaders that untrusted bytes may reach; raw pixels need none. Left out are among others SVG,
 * PDF and ImageMagick's, and Ultra HDR's: a JPEG with a gain map is read as the JPEG that it is.
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
 * Sets the codec up for the whole process; programs call it once, before the first image.
 *
 * Pipelines run side by side, each on one thread: on the same CPUs this does more images than many
 * threads in one pipeline, and neither libaom nor glibc's arenas then grow with the machine.
 * The operation cache is off: no two sources are alike, and it would hold pixels.
 *
 * @param threads pipelines at once. libuv's pool runs them: 4 unless UV_THREADPOOL_SIZE says more
 */
export function configureCodec({ threads }: { readonly threads: number }): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.simd(true);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: ALLOWED_LOADERS });
  setThreads(threads);
}
