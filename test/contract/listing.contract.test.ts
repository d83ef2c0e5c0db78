import {
  DeleteObjectsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const setup = await openSetup();
let mixed: string;
let tree: string;
// Mixed case, punctuation around "/", and two-, three- and four-byte characters. The last two have
// another order by UTF-16 code unit.
const mixedKeys = [
  "B",
  "a",
  "A",
  "b",
  "a b",
  "a-b",
  "a.b",
  "a/b",
  "a_b",
  "ä",
  "Z",
  "é",
  "\u{FF41}",
  "😀",
];
const treeKeys = ["a", "d/1", "d/2", "d/e/1", "d-x", "e/1", "f", "g/h/i"];

beforeAll(async () => {
  [mixed, tree] = [await setup.bucket(), await setup.bucket()];
  await setup.put(mixed, ...mixedKeys);
  await setup.put(tree, ...treeKeys);
});

function byBytes(keys: string[]): string[] {
  return [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const page = (Bucket: string, input: Partial<ListObjectsV2CommandInput> = {}) =>
  setup.s3.send(new ListObjectsV2Command({ Bucket, ...input }));

async function all(
  Bucket: string,
  input: Partial<ListObjectsV2CommandInput> = {},
): Promise<string[]> {
  const names: string[] = [];
  for await (const one of paginateListObjectsV2({ client: setup.s3 }, { Bucket, ...input })) {
    const keys = one.Contents?.flatMap(({ Key }) => Key ?? []) ?? [];
    const prefixes = one.CommonPrefixes?.flatMap(({ Prefix }) => Prefix ?? []) ?? [];
    expect(one.KeyCount).toBe(keys.length + prefixes.length);
    names.push(...byBytes([...keys, ...prefixes]));
  }
  return names;
}

promise("keys come in the order of their UTF-8 bytes", async () => {
  const { Contents = [] } = await page(mixed);
  expect(Contents.map(({ Key }) => Key)).toEqual(byBytes(mixedKeys));
  expect(Contents[0]).toMatchObject({ Size: 1, ETag: '"9dd4e461268c8034f5c8564e155c67a6"' });
  expect(Contents[0]?.LastModified).toBeInstanceOf(Date);
});

promise("pages of any size lose and repeat no key", async () => {
  for (const MaxKeys of [1, 3, 7]) {
    expect(await all(mixed, { MaxKeys })).toEqual(byBytes(mixedKeys));
    expect(await all(tree, { MaxKeys })).toEqual(byBytes(treeKeys));
  }
});

promise("a delimiter groups keys under common prefixes", async () => {
  const got = await page(tree, { Delimiter: "/" });
  expect(got.Contents?.map(({ Key }) => Key)).toEqual(["a", "d-x", "f"]);
  expect(got.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["d/", "e/", "g/"]);
  const below = await page(tree, { Delimiter: "/", Prefix: "d/" });
  expect(below.Contents?.map(({ Key }) => Key)).toEqual(["d/1", "d/2"]);
  expect(below.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["d/e/"]);
});

promise("pages with a delimiter return every key and common prefix once", async () => {
  const whole = ["a", "d-x", "d/", "e/", "f", "g/"];
  for (const MaxKeys of [1, 2, 4]) {
    expect(await all(tree, { Delimiter: "/", MaxKeys })).toEqual(whole);
  }
});

promise("a prefix selects keys, also within a name and with special characters", async () => {
  expect(await all(tree, { Prefix: "d" })).toEqual(["d-x", "d/1", "d/2", "d/e/1"]);
  expect(await all(mixed, { Prefix: "😀" })).toEqual(["😀"]);
  expect(await all(mixed, { Prefix: "nothing" })).toEqual([]);
});

promise("start-after starts after the key, whether it exists or not", async () => {
  expect(await all(tree, { StartAfter: "d/2" })).toEqual(["d/e/1", "e/1", "f", "g/h/i"]);
  expect(await all(tree, { StartAfter: "d/20", MaxKeys: 2 })).toEqual([
    "d/e/1",
    "e/1",
    "f",
    "g/h/i",
  ]);
  expect(await all(mixed, { StartAfter: "\u{FF41}" })).toEqual(["😀"]);
});

promise("a page reports whether there are more", async () => {
  const first = await page(tree, { MaxKeys: 2 });
  expect([first.IsTruncated, typeof first.NextContinuationToken]).toEqual([true, "string"]);
  const exact = await page(tree, { MaxKeys: treeKeys.length });
  expect([exact.IsTruncated, exact.NextContinuationToken]).toEqual([false, undefined]);
  expect((await page(tree, { MaxKeys: 0 })).KeyCount).toBe(0);
});

promise("an unknown continuation token is InvalidArgument", async () => {
  const got = page(tree, { ContinuationToken: "bm90IGEgdG9rZW4=" });
  expect(await errorOf(got)).toEqual({ name: "InvalidArgument", status: 400 });
});

promise("encoding-type=url returns keys in form encoding", async () => {
  const got = await page(mixed, { EncodingType: "url" });
  const keys = got.Contents?.map(({ Key }) => Key) ?? [];
  expect(got.EncodingType).toBe("url");
  expect(keys).toContain("a+b");
  expect(keys).toContain("a/b");
  expect(keys).toContain("%F0%9F%98%80");
});

promise("the older listing pages by marker", async () => {
  const list = (input: object) => setup.s3.send(new ListObjectsCommand({ Bucket: tree, ...input }));
  const first = await list({ MaxKeys: 3, Delimiter: "/" });
  expect([first.IsTruncated, first.NextMarker]).toEqual([true, "d/"]);
  const second = await list({ MaxKeys: 3, Delimiter: "/", Marker: first.NextMarker });
  expect(second.Contents?.map(({ Key }) => Key)).toEqual(["f"]);
  expect(second.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["e/", "g/"]);
});

promise(
  "a page has at most 1,000 keys, and 2,100 keys are listed completely",
  async () => {
    const Bucket = await setup.bucket();
    const keys = Array.from({ length: 2100 }, (_, i) => `k/${String(i).padStart(5, "0")}`);
    const workers = Array.from({ length: 20 }, (_, w) =>
      setup.put(Bucket, ...keys.filter((_, i) => i % 20 === w)),
    );
    await Promise.all(workers);
    expect((await page(Bucket)).KeyCount).toBe(1000);
    expect(await all(Bucket)).toEqual(keys);
    const Objects = keys.slice(0, 1000).map((Key) => ({ Key }));
    await setup.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    expect(await all(Bucket)).toEqual(keys.slice(1000));
  },
  120_000,
);

promise("listing a missing bucket is NoSuchBucket", async () => {
  const got = page("imagefleet-contract-no-such-bucket");
  expect(await errorOf(got)).toEqual({ name: "NoSuchBucket", status: 404 });
});
