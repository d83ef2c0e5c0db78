import { Failure, Rejection } from "../outcome/index.ts";
import { alone, onThread } from "./threads.ts";

/** libtiff says it of a directory's entry too, where that claims more values than there can be. */
export const OUT_OF_MEMORY =
  /out of memory(?! reading of ")|cannot allocate|bad_alloc|unable to allocate|allocation failed|\bOOM\b/i;
/** sharp's, when a pipeline took longer than it was given. */
const TIMEOUT = /^timeout: /;
/** What libvips says when it is our disk, our encoder or our geometry that failed. */
const OURS =
  /no space left|unable to write|unable to open|file is missing|extract_area|vips2(?:jpeg|png|webp)|heifsave|save_buffer/i;
/** Lines that say where in libvips it went wrong, and not what is wrong with the picture. */
const NOISE = /^$|^source: bad seek|^error in tile|^Warning treated as error|^Unknown error/;
const SPEAKER =
  /^(?:Input (?:file|buffer) has corrupt header: ?|[a-z0-9]*vips[a-z0-9]*: |(?:heif|webp|tiff|gifload)[a-z0-9_]*: )+/i;
const PATH = /"[^"]*\/[^"]*"|(?<=^|\s)\/[^\s":]+/g;
/** libpng's reader says no more than this, whatever the damage is. */
const UNTOLD = /^libpng read error$/;
const LONGEST = 160;

/**
 * Runs a pipeline on a thread. One that fails is tried once more with nothing beside it: libvips
 * keeps one error text for the whole process, so the words of one picture's failure can end up
 * with another's, or with none; and a rejection is for good, so it is worth being sure.
 *
 * @throws what `fault` makes of the second failure, and of what a signal aborted as it is
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
    // Nobody else's words, and the same time again.
    if (error instanceof Error && TIMEOUT.test(error.message)) throw toError(error.message, error);
  }
  try {
    return await alone(run);
  } catch (error) {
    signal?.throwIfAborted();
    throw toError(error instanceof Error ? error.message : String(error), error);
  }
}

/** What an error while pixels were read from a source means for the job. */
export function toDecodeError(text: string, cause: unknown): Rejection | Failure {
  if (TIMEOUT.test(text)) {
    return new Failure("TimedOut", "decoding took longer than limits.seconds", { cause });
  }
  // A writer that runs out of what it reads says so as well, after the reader.
  if (OUT_OF_MEMORY.test(text) || OURS.test(firstIn(text))) return toEncodeError(text, cause);
  return new Rejection("SourceCorrupt", `the pixels cannot be read: ${meaning(text)}`, { cause });
}

/** What an error while sound pixels were scaled or encoded means for the job. */
export function toEncodeError(text: string, cause: unknown): Failure {
  return OUT_OF_MEMORY.test(text)
    ? new Failure("OutOfMemory", "the codec ran out of memory", { cause })
    : new Failure("Internal", `the encoder failed: ${meaning(text)}`, { cause });
}

/** Of libvips' lines the first that says what is wrong, short and without paths. */
export function meaning(text: string): string {
  const said = bare(firstIn(text)).replace(UNTOLD, "") || "it is cut off or damaged";
  return said.length > LONGEST ? `${said.slice(0, LONGEST - 1)}…` : said;
}

/** The first line that says what is wrong, as it stands; none: an empty one. */
function firstIn(text: string): string {
  return text.split("\n").find((line) => !NOISE.test(bare(line))) ?? "";
}

function bare(line: string): string {
  return line.replace(SPEAKER, "").replace(PATH, "").replaceAll("  ", " ").trim();
}
