import { jobMessage, parseMessage } from "@imagefleet/core/intake";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatOf, type KeyFormat, keyReader } from "./key-line.ts";

test("reads a key in each format, which the first line determines", () => {
  const read = (line: string, columns = "Bucket, Key") =>
    keyReader(formatOf(line), "photos", columns)(line);
  expect(read("a b+c%20.jpg")).toEqual({ key: "a b+c%20.jpg" });
  expect(read("s3://photos/a/b.jpg")).toEqual({ key: "a/b.jpg" });
  expect(read("s3://other/a.jpg")).toEqual({ otherBucket: "other" });
  expect(read('{"key":"ü.jpg","bytes":7}')).toEqual({ key: "ü.jpg", bytes: 7 });
  expect(read('{"Key":"a.jpg","Size":7,"ETag":"x"}')).toEqual({ key: "a.jpg", bytes: 7 });
  expect(read('{"kind":"stale","key":"a.jpg"}')).toEqual({ key: "a.jpg" });
  expect(read('{"name":"a.jpg"}')).toBeUndefined();
});

test("reads S3 Inventory with URL-encoded keys and the columns of its manifest", () => {
  const columns = "Bucket, Key, Size, LastModifiedDate, ETag, IsLatest, IsDeleteMarker";
  const read = keyReader("csv", "photos", columns);
  expect(
    read('"photos","a%2Fb+c%2B%C3%BC.jpg","12","2026-11-21T12:00:00.000Z","ab","true","false"'),
  ).toEqual({
    key: "a/b c+ü.jpg",
    bytes: 12,
    modified: Date.parse("2026-11-21T12:00:00Z"),
    etag: '"ab"',
  });
  expect(read('"photos","a.jpg","","2026-11-21T12:00:00.000Z","","true","true"')).toBe("no source");
  expect(read('"photos","a.jpg","1","","","false","false"')).toBe("no source");
  expect(read('"other","a.jpg","1","","","true","false"')).toEqual({ otherBucket: "other" });
  expect(formatOf('"photos","a.jpg"')).toBe("csv");
});

test("reads every key that S3 accepts unchanged from each format, and a message contains it unchanged", () => {
  const odd = fc.constantFrom("\0", "\r", "\x7f", "\ufeff", "\ufffe", "\uffff", '"', "+", "%", ",");
  const unit = fc.oneof(odd, fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }));
  const encoded = (key: string) => encodeURIComponent(key).replaceAll("%20", "+");
  const lines = {
    ndjson: (key: string) => JSON.stringify({ key }),
    csv: (key: string) => `"photos","${encoded(key)}"`,
    plain: (key: string) => `s3://photos/${key}`,
  } as const;
  fc.assert(
    fc.property(
      fc.constantFrom("ndjson", "csv", "plain"),
      fc.string({ unit, minLength: 1, maxLength: 40 }),
      (format, key) => {
        // A plain line cannot contain a line break.
        fc.pre(format !== "plain" || !/[\n\r\u2028\u2029]/.test(key));
        const named = keyReader(format, "photos", "Bucket, Key")(lines[format](key));
        expect(named).toEqual({ key });
        const job = { bucket: "photos", key, mayHaveRun: false, force: false };
        expect(parseMessage(jobMessage(job))).toEqual({ kind: "jobs", jobs: [job] });
      },
    ),
  );
});

test("refuses a key with half a surrogate pair or more than 1,024 bytes", () => {
  const read = (format: KeyFormat, line: string) => keyReader(format, "photos", "")(line);
  expect(read("ndjson", '{"key":"a\\ud800b"}')).toBeUndefined();
  expect(read("plain", "ü".repeat(513))).toBeUndefined();
  expect(read("plain", "ü".repeat(512))).toEqual({ key: "ü".repeat(512) });
});
