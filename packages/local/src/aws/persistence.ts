import type { DatabaseSync, StatementSync } from "node:sqlite";
import * as v from "valibot";
import type { Storage } from "./archive.ts";
import { Bodies, decodeSegments, encodeSegments, type Segment } from "./bodies.ts";
import { type MultipartPart, PersistenceManager, type S3Object } from "./fauxqs.ts";

const BodyRow = v.object({ body: v.unknown() });
const PartRow = v.object({ part_number: v.number(), body: v.unknown() });
const KeyRow = v.object({ key: v.string() });
const StorageRow = v.object({ class: v.string(), restored_until: v.nullable(v.string()) });
const ConfigurationRow = v.object({ bucket: v.string(), configuration: v.string() });

/** fauxqs's SQLite file, extended with bodies in chunks, ordered keys, storage classes and notifications. */
export class Persistence extends PersistenceManager {
  readonly bodies: Bodies;
  readonly #db: DatabaseSync;
  readonly #objectBody: StatementSync;
  readonly #parts: StatementSync;
  readonly #ready: StatementSync;
  readonly #keys: StatementSync;
  readonly #saveNotifications: StatementSync;
  readonly #storage: StatementSync;
  readonly #saveStorage: StatementSync;
  #depth = 0;

  /** @throws when another process has the folder open */
  constructor(dataDir: string) {
    super(dataDir);
    // Private in fauxqs's type. Shared, so that one transaction covers both.
    this.#db = this["db"];
    // Two processes would each answer from memory and overwrite the other's rows.
    // The operating system releases this lock when the process is killed.
    this.#db.exec("PRAGMA locking_mode = EXCLUSIVE");
    // Writes survive the end of the process; a power failure may lose the last of them. The limit
    // shrinks the log after a large upload.
    this.#db.exec("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS bucket_notifications (
        bucket TEXT PRIMARY KEY REFERENCES s3_buckets(name) ON DELETE CASCADE,
        configuration TEXT NOT NULL
      )`,
    );
    // The objects that are not in STANDARD. The deletion or overwrite of an object deletes its row.
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS object_storage (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        class TEXT NOT NULL,
        restored_until TEXT,
        PRIMARY KEY (bucket, key),
        FOREIGN KEY (bucket, key) REFERENCES s3_objects(bucket, key) ON DELETE CASCADE
      )`,
    );
    this.bodies = new Bodies(this.#db);
    this.#objectBody = this.#db.prepare("SELECT body FROM s3_objects WHERE bucket = ? AND key = ?");
    this.#parts = this.#db.prepare(
      "SELECT part_number, body FROM s3_multipart_parts WHERE upload_id = ?",
    );
    this.#ready = this.#db.prepare(
      "UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?",
    );
    // SQLite compares TEXT by its UTF-8 bytes, which is the order of S3's listings.
    this.#keys = this.#db.prepare(
      "SELECT key FROM s3_objects WHERE bucket = ? AND key >= ? ORDER BY key LIMIT ?",
    );
    this.#saveNotifications = this.#db.prepare(
      "INSERT OR REPLACE INTO bucket_notifications (bucket, configuration) VALUES (?, ?)",
    );
    this.#storage = this.#db.prepare(
      "SELECT class, restored_until FROM object_storage WHERE bucket = ? AND key = ?",
    );
    this.#saveStorage = this.#db.prepare(
      "INSERT OR REPLACE INTO object_storage (bucket, key, class, restored_until) VALUES (?, ?, ?, ?)",
    );
    this.bodies.keepOnly(this.#allSegments());
  }

  /** Runs the work in a transaction. Calls may be nested. */
  atomically<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#depth++;
    this.#db.exec("BEGIN");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    } finally {
      this.#depth--;
    }
  }

  segmentsOf(bucket: string, key: string): Segment[] {
    const row = this.#objectBody.get(bucket, key);
    return row === undefined ? [] : decodeSegments(v.parse(BodyRow, row).body);
  }

  segmentsOfParts(uploadId: string): Map<number, Segment[]> {
    const rows = v.parse(v.array(PartRow), this.#parts.all(uploadId));
    return new Map(rows.map((row) => [row.part_number, decodeSegments(row.body)]));
  }

  /** Keys at or after `from`, in S3's order. */
  keysFrom(bucket: string, from: string, limit: number): string[] {
    return this.#keys.all(bucket, from, limit).map((row) => v.parse(KeyRow, row).key);
  }

  /** Undefined for an object in STANDARD. */
  storageOf(bucket: string, key: string): Storage | undefined {
    const row = this.#storage.get(bucket, key);
    if (row === undefined) return undefined;
    const { class: storageClass, restored_until: until } = v.parse(StorageRow, row);
    return { storageClass, ...(until !== null && { restoredUntil: new Date(until) }) };
  }

  saveStorage(bucket: string, key: string, { storageClass, restoredUntil }: Storage): void {
    this.#saveStorage.run(bucket, key, storageClass, restoredUntil?.toISOString() ?? null);
  }

  saveNotifications(bucket: string, configuration: string): void {
    this.#saveNotifications.run(bucket, configuration);
  }

  loadNotifications(): { bucket: string; configuration: string }[] {
    const rows = this.#db.prepare("SELECT bucket, configuration FROM bucket_notifications").all();
    return v.parse(v.array(ConfigurationRow), rows);
  }

  override upsertObject(bucket: string, object: S3Object): void {
    this.atomically(() => this.#put(bucket, object, [this.bodies.write(object.body)]));
  }

  override deleteObject(bucket: string, key: string): void {
    const old = this.segmentsOf(bucket, key);
    super.deleteObject(bucket, key);
    this.bodies.drop(old);
  }

  override readBody(bucket: string, key: string): Buffer {
    return Buffer.concat([...this.bodies.read(this.segmentsOf(bucket, key), 0, Infinity)]);
  }

  override upsertMultipartPart(uploadId: string, part: MultipartPart): void {
    this.atomically(() => {
      const old = this.segmentsOfParts(uploadId).get(part.partNumber) ?? [];
      const body = encodeSegments([this.bodies.write(part.body)]);
      super.upsertMultipartPart(uploadId, { ...part, body });
      this.bodies.drop(old);
    });
  }

  override deleteMultipartUpload(uploadId: string): void {
    const parts = this.segmentsOfParts(uploadId);
    super.deleteMultipartUpload(uploadId);
    for (const segments of parts.values()) this.bodies.drop(segments);
  }

  /** Creates the object from the named parts without copying their bytes. */
  assemble(uploadId: string, bucket: string, object: S3Object, partNumbers: number[]): void {
    const parts = this.segmentsOfParts(uploadId);
    const used = partNumbers.flatMap((number) => parts.get(number) ?? []);
    for (const number of partNumbers) parts.delete(number);
    this.atomically(() => {
      this.#put(bucket, object, used);
      super.deleteMultipartUpload(uploadId);
      for (const segments of parts.values()) this.bodies.drop(segments);
    });
  }

  // fauxqs writes NULL into the receive count here, which the schema rejects, after the message has
  // left memory: ChangeMessageVisibility(0) loses the message.
  override updateMessageReady(messageId: string): void {
    this.#ready.run(messageId);
  }

  #put(bucket: string, object: S3Object, segments: Segment[]): void {
    const old = this.segmentsOf(bucket, object.key);
    super.upsertObject(bucket, { ...object, body: encodeSegments(segments) });
    this.bodies.drop(old);
  }

  *#allSegments(): Generator<Segment> {
    for (const table of ["s3_objects", "s3_multipart_parts"]) {
      for (const row of this.#db.prepare(`SELECT body FROM ${table}`).iterate()) {
        yield* decodeSegments(v.parse(BodyRow, row).body);
      }
    }
  }
}
