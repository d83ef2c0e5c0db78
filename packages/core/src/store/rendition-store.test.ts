import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { REGION } from "@imagefleet/local/resources";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { RenditionStore, type StoredObject } from "./rendition-store.ts";

const never = new AbortController().signal;
const source = { bucket: "sources", key: "ü.jpg" };

let sandbox: Sandbox;
let store: RenditionStore;
let key: string;
let count = 0;
beforeAll(async () => {
  sandbox = await startSandbox();
  store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
});
afterAll(() => sandbox.close());
beforeEach(() => {
  key = `thumb/${count++}.webp`;
});

function object(text: string, etag = '"s1"'): StoredObject {
  return {
    key,
    source: { ...source, etag },
    body: Buffer.from(text),
    contentType: "image/webp",
    cacheControl: "max-age=5",
    fingerprint: "f1",
  };
}

async function text(): Promise<string | undefined> {
  const found = await store.read(key, source, never);
  return found && Buffer.from(found.body).toString();
}

describe("putOver", () => {
  it("stores where there is no object, and nowhere else", async () => {
    const etag = await store.putOver(object("first"), undefined, never);
    expect(etag).toMatch(/^"\w+"$/);
    expect(await store.putOver(object("second"), undefined, never)).toBeUndefined();
    expect(await text()).toBe("first");
    const at = { Bucket: sandbox.resources.renditionBucket, Key: key };
    expect(await sandbox.s3.send(new GetObjectCommand(at))).toMatchObject({
      ETag: etag,
      ContentType: "image/webp",
      CacheControl: "max-age=5",
      Metadata: { imagefleet: "f1", "imagefleet-source-etag": '"s1"' },
    });
  });

  it("replaces the version that was seen, and no other", async () => {
    const first = await store.putOver(object("first"), undefined, never);
    const second = await store.putOver(object("second"), first, never);
    expect(second).toEqual(expect.any(String));
    expect(await store.putOver(object("third"), first, never)).toBeUndefined();
    expect(await text()).toBe("second");
  });

  it("does not store over an object that was removed meanwhile", async () => {
    expect(await store.putOver(object("first"), '"gone"', never)).toBeUndefined();
    expect(await text()).toBeUndefined();
  });

  it("stores nothing when its signal is aborted, and knows a write that may take effect", async () => {
    const stop = new AbortController();
    stop.abort(new Error("out of time"));
    await expect(store.putOver(object("late"), undefined, stop.signal)).rejects.toThrow(
      "out of time",
    );
    expect([await text(), store.hasPendingWrite(stop.signal)]).toEqual([undefined, false]);

    const { endpoint, credentials } = sandbox;
    await using proxy = await FaultProxy.start(endpoint, () => ({ kind: "InternalError" }));
    const s3 = createS3({ region: REGION, endpoint: proxy.endpoint, credentials });
    const failing = new RenditionStore(s3, store.bucket);
    const { signal } = new AbortController();
    await expect(failing.putOver(object("late"), undefined, signal)).rejects.toMatchObject({
      reason: "StoreUnavailable",
    });
    expect(failing.hasPendingWrite(signal)).toBe(true);
    s3.destroy();
  });

  it("does not take a missing bucket for a conflict", async () => {
    const nowhere = new RenditionStore(sandbox.s3, "no-such-bucket");
    const error = { reason: "StoreUnavailable" };
    for (const over of [undefined, '"e"']) {
      await expect(nowhere.putOver(object("x"), over, never)).rejects.toMatchObject(error);
    }
    await expect(nowhere.read(key, source, never)).rejects.toMatchObject(error);
  });
});

describe("read and look", () => {
  it("tell what an object was made of", async () => {
    const etag = await store.put(object("picture"), never);
    const described = { etag, isOfSource: true, sourceEtag: '"s1"', fingerprint: "f1" };
    const looked = { ...described, bytes: 7, modified: expect.any(Date) };
    expect(await store.look(key, source, never)).toEqual(looked);
    const body = expect.objectContaining({ length: 7 });
    expect(await store.read(key, source, never)).toEqual({ ...described, body });
    for (const other of [
      { ...source, key: "other" },
      { ...source, bucket: "other" },
    ]) {
      expect(await store.look(key, other, never)).toEqual({ ...looked, isOfSource: false });
    }
  });

  it("tell nothing of an object of an earlier version, and that the fleet did not write another", async () => {
    const { renditionBucket: Bucket } = sandbox.resources;
    const unknown = { sourceEtag: undefined, etag: expect.any(String) };
    const looked = { bytes: 1, modified: expect.any(Date) };
    const put = { Bucket, Key: key, Body: "x" };
    await sandbox.s3.send(new PutObjectCommand({ ...put, Metadata: { imagefleet: "f0" } }));
    const older = { ...unknown, isOfSource: undefined, fingerprint: "f0" };
    expect(await store.look(key, source, never)).toEqual({ ...older, ...looked });
    await sandbox.s3.send(new PutObjectCommand(put));
    const foreign = { ...unknown, isOfSource: false, fingerprint: undefined };
    expect(await store.look(key, source, never)).toEqual({ ...foreign, ...looked });
    expect(await store.read(key, source, never)).toMatchObject(foreign);
  });

  it("return undefined if there is no object", async () => {
    expect(await store.look(key, source, never)).toBeUndefined();
    expect(await store.read(key, source, never)).toBeUndefined();
  });
});
