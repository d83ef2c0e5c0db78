import { randomUUID } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import * as v from "valibot";

/** A sequence of bytes from one write: its id and its length in bytes. */
export type Segment = readonly [id: string, bytes: number];

const Manifest = v.array(v.tuple([v.string(), v.number()]));
const Chunk = v.object({ start: v.number(), bytes: v.instance(Uint8Array) });

// A reader holds one chunk in memory, and a range read loads at least one chunk.
const chunkBytes = 1024 * 1024;

/**
 * Object and part bodies, in SQLite rows of 1 MiB.
 *
 * fauxqs stores a body as one blob: every range read loads all of it, a blob is limited to 1e9
 * bytes, and a completed upload is joined in memory. Here a body is a list of segments, so a
 * completed upload is the list of its parts.
 */
export class Bodies {
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #select: StatementSync;
  readonly #ids: StatementSync;
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(db: DatabaseSync) {
    db.exec(
      `CREATE TABLE IF NOT EXISTS body_chunks (
        id TEXT NOT NULL, start INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (id, start)
      )`,
    );
    this.#insert = db.prepare("INSERT INTO body_chunks (id, start, bytes) VALUES (?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM body_chunks WHERE id = ?");
    this.#select = db.prepare("SELECT start, bytes FROM body_chunks WHERE id = ? AND start = ?");
    this.#ids = db.prepare("SELECT DISTINCT id FROM body_chunks");
  }

  /** Must be called within a transaction. */
  write(body: Uint8Array): Segment {
    const id = randomUUID();
    for (let start = 0; start < body.length; start += chunkBytes) {
      this.#insert.run(id, start, body.subarray(start, start + chunkBytes));
    }
    return [id, body.length];
  }

  /** Removes each segment when its last reader has finished. */
  drop(segments: readonly Segment[]): void {
    for (const [id] of segments) {
      if (this.#readers.has(id)) this.#doomed.add(id);
      else this.#remove.run(id);
    }
  }

  /**
   * The bytes from `start` to before `end`, in buffers of at most 1 MiB. A read is not affected by an
   * overwrite, as on S3: the segments are kept from this call to the end of the generator.
   */
  read(segments: readonly Segment[], start: number, end: number): Generator<Buffer, void> {
    for (const [id] of segments) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    return this.#chunks(segments, start, end);
  }

  /** Removes all other segments, which a killed process can leave. */
  keepOnly(segments: Iterable<Segment>): void {
    const kept = new Set(Array.from(segments, ([id]) => id));
    for (const row of this.#ids.all()) {
      const { id } = v.parse(v.object({ id: v.string() }), row);
      if (!kept.has(id)) this.#remove.run(id);
    }
  }

  *#chunks(segments: readonly Segment[], start: number, end: number): Generator<Buffer, void> {
    try {
      let base = 0;
      for (const [id, bytes] of segments) {
        const from = Math.max(start - base, 0);
        const to = Math.min(end - base, bytes);
        for (let at = from - (from % chunkBytes); at < to; at += chunkBytes) {
          yield this.#chunk(id, at).subarray(Math.max(from - at, 0), to - at);
        }
        base += bytes;
      }
    } finally {
      for (const [id] of segments) this.#release(id);
    }
  }

  #chunk(id: string, start: number): Buffer {
    const { bytes } = v.parse(Chunk, this.#select.get(id, start));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #release(id: string): void {
    const others = (this.#readers.get(id) ?? 1) - 1;
    if (others > 0) this.#readers.set(id, others);
    else {
      this.#readers.delete(id);
      if (this.#doomed.delete(id)) this.#remove.run(id);
    }
  }
}

/** The content of fauxqs's body column. */
export function encodeSegments(segments: readonly Segment[]): Buffer {
  return Buffer.from(JSON.stringify(segments));
}

export function decodeSegments(column: unknown): Segment[] {
  const bytes = v.parse(v.instance(Uint8Array), column);
  return v.parse(Manifest, JSON.parse(Buffer.from(bytes).toString("utf8")));
}
