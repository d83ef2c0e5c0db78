import { expect, test } from "vitest";
import { formatOf, keyReader } from "./key-line.ts";

test("a line names a key in each format, known by the first line", () => {
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

test("S3 Inventory: keys are URL-encoded, columns as its manifest says", () => {
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
  expect(read('"photos","a.jpg","","2026-11-21T12:00:00.000Z","","true","true"')).toBeUndefined();
  expect(read('"other","a.jpg","1","","","true","false"')).toEqual({ otherBucket: "other" });
  expect(formatOf('"photos","a.jpg"')).toBe("csv");
});
