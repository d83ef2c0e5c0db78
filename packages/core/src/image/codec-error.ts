import { Failure, Rejection } from "../outcome/index.ts";
import { alone, onThread } from "./threads.ts";

/**
 * libtiff also reports an out-of-memory error for a directory entry that claims more values than
 * are possible.
 */
export const OUT_OF_MEMORY =
  /out of memory(?! reading of ")|cannot allocate|bad_alloc|unable to allocate|allocation failed|\bOOM\b/i;
/** The message of sharp when a pipeline exceeds its time limit. */
const TIMEOUT = /^timeout: /;
/** The messages of libvips that blame our disk, our encoder or our geometry. */
const OWN_FAULT =
  /no space left|unable to write|unable to open|file is missing|extract_area|vips2(?:jpeg|png|webp)|heifsave|save_buffer/i;
/** Lines that name a place in libvips and not the problem with the image. */
const NOISE = /^$|^source: bad seek|^error in tile|^Warning treated as error|^Unknown error/;
const PREFIX =
  /^(?:Input (?:file|buffer) has corrupt header: ?|[a-z0-9]*vips[a-z0-9]*: |(?:heif|webp|tiff|gifload)[a-z0-9_]*: )+/i;
const PATH = /"[^"]*\/[^"]*"|(?<=^|\s)\/[^\s":]+/g;
/** libpng's reader reports only this, whatever the damage is. */
const UNSPECIFIC = /^libpng read error$/;
const LONGEST = 160;

/**
 * Runs a pipeline on a thread. A pipeline that fails is tried once more with no other beside it.
 * libvips has one error buffer for the whole process, so the text of one image's failure can appear
 * with another's, or get lost, and a rejection is final.
 *
 * @throws the result of `toError` for the second failure, or the signal's reason if it is aborted
 */
export async function runPipeline<T>(
  pipeline: () => Promise<T>,
  toError: (text: string, cause: unknown) => Error,
  signal: AbortSignal | undefined,
): Promise<T> {
  const run = () => {
    signal?.throwIfAborted();
    return pipeline();
  };
  try {
    return await onThread(run);
  } catch (error) {
    signal?.throwIfAborted();
    // A timeout has its own message, and a second attempt would take as long again.
    if (error instanceof Error && TIMEOUT.test(error.message)) throw toError(error.message, error);
  }
  try {
    return await alone(run);
  } catch (error) {
    signal?.throwIfAborted();
    throw toError(error instanceof Error ? error.message : String(error), error);
  }
}

/** Maps an error during the decode of a source to the job's outcome. */
export function toDecodeError(text: string, cause: unknown): Rejection | Failure {
  if (TIMEOUT.test(text)) {
    return new Failure("TimedOut", "decoding took longer than limits.seconds", { cause });
  }
  // A writer whose input ends early also reports an error, after the reader's.
  if (OUT_OF_MEMORY.test(text) || OWN_FAULT.test(firstIn(text))) return toEncodeError(text, cause);
  return new Rejection("SourceCorrupt", `the pixels cannot be read: ${meaning(text)}`, { cause });
}

/** Maps an error during the scaling or encoding of intact pixels to the job's outcome. */
export function toEncodeError(text: string, cause: unknown): Failure {
  return OUT_OF_MEMORY.test(text)
    ? new Failure("OutOfMemory", "the codec ran out of memory", { cause })
    : new Failure("Internal", `the encoder failed: ${meaning(text)}`, { cause });
}

/** The first line of a libvips message that describes the problem, shortened and without paths. */
export function meaning(text: string): string {
  const summary = bare(firstIn(text)).replace(UNSPECIFIC, "") || "it is cut off or damaged";
  return summary.length > LONGEST ? `${summary.slice(0, LONGEST - 1)}…` : summary;
}

/** The first line that describes the problem, unchanged, or an empty string. */
function firstIn(text: string): string {
  return text.split("\n").find((line) => !NOISE.test(bare(line))) ?? "";
}

function bare(line: string): string {
  return line.replace(PREFIX, "").replace(PATH, "").replaceAll("  ", " ").trim();
}
