import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const oddKeys = {
  "with spaces": " a b  c ",
  "with plus and percent": "1+1=2 100% %20 %2F",
  "with quotes and brackets": `it's "quoted" <b>&amp;</b> [1] {2} \\ ^ \` |`,
  "with query characters": "a?b=c&d#e;f:g@h,i!j~k*l(m)n$o",
  "beyond ASCII": "Übergröße/日本語/صورة.jpg",
  "with an emoji": "😀/👩‍👩‍👧.png",
  "decomposed, not normalized": "e\u0301.jpg",
  "with dots that climb": "../../etc/passwd",
  "with single dots": "./a/./b",
  "with doubled slashes": "a//b///c",
  "with a leading slash": "/leading",
  "with a trailing slash": "folder/",
  "of 1,024 bytes": "k".repeat(1024),
  "of 1,024 bytes in 512 characters": "ü".repeat(512),
  "with one long segment among short": `a/${"long-".repeat(60)}/b`,
  "with tab and newline": "tab\tnewline\nreturn\rend",
  "with control characters": "\u0001\u001f\u007f",
};

const setup = await openSetup();
let Bucket: string;
beforeAll(async () => {
  Bucket = await setup.bucket();
});

for (const [what, Key] of Object.entries(oddKeys)) {
  promise(`a key ${what} is put, read, listed, copied and deleted`, async () => {
    const { s3 } = setup;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: what }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await got.Body?.transformToString()).toBe(what);
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: `copy of the key ${what}`, CopySource }));
    const Objects = [{ Key: `copy of the key ${what}` }];
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    expect(listed.Contents?.map((one) => one.Key)).toEqual([Key]);
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
    const head = s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect((await errorOf(head)).status).toBe(404);
  });
}

promise("a key of 1,025 bytes is KeyTooLongError", async () => {
  const put = new PutObjectCommand({ Bucket, Key: "k".repeat(1025), Body: "x" });
  expect(await errorOf(setup.s3.send(put))).toEqual({ name: "KeyTooLongError", status: 400 });
});
