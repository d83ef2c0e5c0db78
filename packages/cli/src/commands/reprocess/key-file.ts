import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { whyUnreadable } from "../../files/fs-error.ts";
import { linesOf, NotUtf8 } from "../../files/lines.ts";
import { UsageError } from "../../usage-error.ts";
import { formatOf, type KeyFormat, keyReader, type NamedKey } from "./key-line.ts";
import type { Partition, SourceKey } from "./source-key.ts";

/** Keys of a page. */
const PAGE = 1_000;

export interface KeyFileOptions {
  /** The file's name in messages. */
  readonly name: string;
  readonly bucket: string;
  readonly format: KeyFormat | undefined;
  readonly columns: string;
}

/** The keys of a file, one per line. A mark is a number of lines. */
export function keyFilePartition(file: string, options: KeyFileOptions): Partition {
  return {
    name: options.name,
    async *pages(after) {
      const from = Number(after ?? 0);
      let at = 0;
      let sourceKeys: SourceKey[] = [];
      let read: ReturnType<typeof keyReader> | undefined;
      for await (const lines of linesIn(file, options.name)) {
        for (const text of lines) {
          at++;
          // Some editors start a file with a byte order mark.
          const line = at === 1 ? text.replace(/^\ufeff/, "") : text;
          if (line.trim() === "") continue;
          read ??= keyReader(options.format ?? formatOf(line), options.bucket, options.columns);
          if (at <= from) continue;
          const named = read(line);
          if (named === "no source") continue;
          sourceKeys.push(checked(named, { ...options, at, line }));
          if (sourceKeys.length < PAGE) continue;
          yield { sourceKeys, mark: String(at) };
          sourceKeys = [];
        }
      }
      if (sourceKeys.length > 0) yield { sourceKeys, mark: String(at) };
    },
  };
}

/** @throws UsageError for a line that names no source of this bucket */
function checked(
  named: Exclude<NamedKey, "no source">,
  { name, at, line, bucket }: { name: string; at: number; line: string; bucket: string },
): SourceKey {
  if (named === undefined) {
    throw new UsageError(
      `${name}, line ${at} contains no key: ${JSON.stringify(line.slice(0, 80))}: a key has 1 to 1,024 bytes of UTF-8; --format sets the format of the lines`,
    );
  }
  if ("otherBucket" in named) {
    throw new UsageError(
      `${name}, line ${at} names the bucket ${named.otherBucket}, and the source bucket is ${bucket}: remove such lines, or set --source-bucket`,
    );
  }
  return named;
}

/**
 * Size and time of a file. A resumed run compares them.
 *
 * @param name the file's name in messages
 */
export async function fileState(file: string, name: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(file);
    return `${size} bytes of ${new Date(mtimeMs).toISOString()}`;
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}

/** Stores the keys from stdin, which are read several times: to count, to send, to resume. */
export async function storeStdin(file: string): Promise<void> {
  await pipeline(process.stdin, createWriteStream(file));
}

async function* linesIn(file: string, name: string): AsyncGenerator<string[]> {
  const raw = createReadStream(file);
  const source = file.endsWith(".gz") ? raw.pipe(createGunzip()) : raw;
  // A pipe does not forward the error of its source.
  raw.on("error", (error) => source.destroy(error));
  try {
    yield* linesOf(source);
  } catch (error) {
    if (error instanceof NotUtf8) {
      throw new UsageError(
        `${name} is not UTF-8, so its keys cannot be read: convert it (iconv -f latin1 -t utf8)`,
        { cause: error },
      );
    }
    if (!raw.errored && !source.errored) throw error;
    throw new UsageError(`${name} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  } finally {
    raw.destroy();
  }
}
