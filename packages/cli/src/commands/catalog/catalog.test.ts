import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import { type CatalogTable, type ImageItem, itemOf, openTable } from "@imagefleet/core/catalog";
import { manifestKey } from "@imagefleet/core/plan";
import { defineRecipe } from "@imagefleet/core/recipe";
import { listPages, type Manifest, RenditionStore } from "@imagefleet/core/store";
import { uploadKeys } from "@imagefleet/core/uploads";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { prepareCatalog, startFleet } from "@imagefleet/local/fleet";
import { TABLE } from "@imagefleet/local/resources";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDataFolder } from "../../connection/data-folder.ts";
import { Cli, run } from "../../fixtures/cli.ts";
import { noise } from "../../fixtures/pictures.ts";

const never = new AbortController().signal;
const LONG_AGO = "2026-01-01T00:00:00.000Z";
const recipe = defineRecipe({ presets: { thumb: "16x16" } });
const TEMPLATE = "in/{user}/{id}.{ext}";
const KEYS = ["1", "2", "3"].map((n) => `uploads/alice/01K${n.repeat(23)}.jpg`);
const [FIRST = "", SECOND = "", THIRD = ""] = KEYS;

async function itemsOf(table: CatalogTable): Promise<ImageItem[]> {
  const items: ImageItem[] = [];
  for await (const item of table.all(never)) items.push(item);
  return items;
}

describe("without a function that keeps the table", { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  let table: CatalogTable;
  let store: RenditionStore;

  beforeAll(async () => {
    sandbox = await startSandbox();
    const { s3, sqs, resources, region, endpoint, credentials, folder } = sandbox;
    const client = { region, endpoint, credentials };
    await prepareCatalog({ s3, sqs }, { recipe, endpoint, credentials, visibility: 60 });
    table = openTable(TABLE, client);
    store = new RenditionStore(s3, resources.renditionBucket);
    await writeFile(join(folder, "recipe.mjs"), `export default { presets: { thumb: "16x16" } };`);
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    for (const item of await itemsOf(table)) await table.remove(item, never);
    for await (const page of listPages(sandbox.s3, store.bucket, {})) {
      await store.remove(
        page.map(({ key }) => key),
        never,
      );
    }
  });

  const catalog = (line: string, endpoint = sandbox.endpoint) => {
    const more = ["--recipe", "recipe.mjs", "--endpoint", endpoint, "--data", "."];
    return run(["catalog", ...line.split(" "), ...more], { cwd: sandbox.folder });
  };

  async function json(line: string, endpoint?: string) {
    const { code, stdout, stderr } = await catalog(`${line} --json`, endpoint);
    if (stdout === "") throw new Error(stderr);
    const lines = stdout.trim().split("\n");
    return { code, lines: lines.map((text): unknown => JSON.parse(text)) };
  }

  /** Writes a manifest as a job does, which nothing projects. */
  async function putManifest(key: string, at = LONG_AGO): Promise<Manifest> {
    const { sourceBucket: bucket, renditionBucket: _bucket } = sandbox.resources;
    const size = { width: 16, height: 12 };
    const manifest: Manifest = {
      version: 1,
      revision: key,
      seq: Date.parse(at),
      source: { bucket, key, etag: '"0123456789"', bytes: 1000, format: "jpeg", ...size },
      recipe: "r",
      renditions: [
        {
          ...{ preset: "thumb", key: `thumb/${key}.webp`, ...size, format: "webp", bytes: 99 },
          ...{ etag: '"e"', fingerprint: "f" },
        },
      ],
      stale: [],
      at,
    };
    const tag = await store.putManifest(manifestKey(recipe, key), manifest, undefined, never);
    expect(tag).toBeDefined();
    return manifest;
  }

  const names = { recipe, uploads: uploadKeys("uploads/{user}/{id}.{ext}", "") };

  it("rebuild writes the items that are missing or differ, and no others", async () => {
    const [first, second] = [await putManifest(FIRST), await putManifest(SECOND)];
    await putManifest(THIRD);
    const { renditions: _renditions, ...outdated } = itemOf(first, names);
    await table.put({ ...outdated, seq: 1, status: "rejected" }, undefined, never);
    const later = { ...itemOf(second, names), seq: second.seq + 1 };
    await table.put(later, undefined, never);
    const only: ImageItem = { key: "other.jpg", status: "ready", seq: 7 };
    await table.put(only, undefined, never);

    const { code, lines } = await json("rebuild");
    const counts = { manifests: 3, written: 2, unreadable: 0, interrupted: false };
    expect(lines).toEqual([{ version: 1, ...counts, seconds: expect.any(Number) }]);
    expect(code).toBe(0);
    const rebuilt = {
      id: FIRST.slice(14, -4),
      user: "alice",
      status: "ready",
      seq: Date.parse(LONG_AGO),
      bytesIn: 1000,
      bytesOut: 99,
    };
    expect(await table.get(FIRST, never)).toMatchObject(rebuilt);
    expect(await table.get(SECOND, never)).toEqual(later);
    expect(await table.get(THIRD, never)).toMatchObject({ status: "ready", bytesOut: 99 });
    expect(await table.get("other.jpg", never)).toEqual(only);
    const { stdout } = await catalog("rebuild");
    expect(stdout).toMatch(/^0 items written in .* by 3 manifests, at the local fleet, http:/);
  });

  it("check finds what differs, what is missing, and what has no manifest", async () => {
    const { renditions, ...first } = itemOf(await putManifest(FIRST), names);
    await table.put({ ...first, bytesOut: 98 }, undefined, never);
    await putManifest(SECOND);
    await table.put(itemOf(await putManifest(THIRD), names), undefined, never);
    for (const status of ["ready", "rejected", "awaiting", "failed", "removed"] as const) {
      const key = `${status}.jpg`;
      await table.put({ key, status }, undefined, never);
    }
    const { code, lines } = await json("check");
    const summary = lines.pop();
    expect(lines).toHaveLength(4);
    expect(lines).toEqual(
      expect.arrayContaining([
        {
          version: 1,
          kind: "differs",
          key: FIRST,
          fields: expect.toSatisfy((fields) => fields.toSorted().join() === "bytesOut,renditions"),
        },
        { version: 1, kind: "missing", key: SECOND },
        { version: 1, kind: "no-manifest", key: "ready.jpg", status: "ready" },
        { version: 1, kind: "no-manifest", key: "rejected.jpg", status: "rejected" },
      ]),
    );
    expect(renditions).toHaveLength(1);
    expect(summary).toEqual({
      version: 1,
      kind: "summary",
      isEqual: false,
      items: 7,
      manifests: 3,
      findings: { differs: 1, missing: 1, "no-manifest": 2 },
      seconds: expect.any(Number),
    });
    expect(code).toBe(3);
    const { stdout } = await catalog("check --limit 1");
    expect(stdout).toContain("… and 3 more");
    expect(stdout).toContain("The table differs: 7 items, 3 manifests");
    expect(stdout).toMatch(/Next:\n {2}.* catalog rebuild .*\n {2}.*\n {2}.* reprocess --from/s);
  });

  it("check finds nothing after a rebuild", async () => {
    for (const key of KEYS) await putManifest(key);
    await json("rebuild");
    const { code, stdout } = await catalog("check");
    expect(stdout).toMatch(/^The table matches the manifests: 3 items, 3 manifests/);
    expect(code).toBe(0);
  });

  it("check looks again at an image whose item is on its way", async () => {
    const manifest = await putManifest(FIRST, new Date().toISOString());
    const item = itemOf(manifest, names);
    const outdated = { ...item, seq: manifest.seq - 1 };
    await table.put(outdated, undefined, never);
    const late = await putManifest(SECOND, new Date().toISOString());
    const reads = new Map<string, number>();
    const observe: Parameters<typeof FaultProxy.start>[2] = async (call, _request, body) => {
      if (call.operation !== "GetItem") return;
      const text = await body();
      const key = KEYS.find((each) => text.includes(each)) ?? "";
      const count = (reads.get(key) ?? 0) + 1;
      reads.set(key, count);
      // The scan was the first look; a manifest is asked about once more before it is looked at.
      if (key === FIRST && count === 1) await table.put(item, outdated, never);
      if (key === SECOND && count === 3) await table.put(itemOf(late, names), undefined, never);
    };
    await using proxy = await FaultProxy.start(sandbox.endpoint, () => undefined, observe);
    const { code, lines } = await json("check", proxy.endpoint);
    expect(lines).toMatchObject([{ kind: "summary", isEqual: true, items: 1, manifests: 2 }]);
    expect(code).toBe(0);
  });

  it("a tombstone whose item has expired is no finding", async () => {
    const { s3, resources } = sandbox;
    const source = { bucket: resources.sourceBucket, key: FIRST };
    const tombstone = { version: 1, revision: "r", seq: 5, removed: true, source } as const;
    const put = async (at: string) => {
      const Key = manifestKey(recipe, FIRST);
      const Body = JSON.stringify({ ...tombstone, at });
      await s3.send(new PutObjectCommand({ Bucket: store.bucket, Key, Body }));
    };
    await put(LONG_AGO);
    expect((await json("check")).lines).toMatchObject([{ isEqual: true, manifests: 1 }]);
    await put(new Date(Date.now() - 120_000).toISOString());
    expect((await json("check")).lines).toMatchObject([
      { kind: "missing", key: FIRST },
      { isEqual: false },
    ]);
  });

  it("rebuild counts manifests that cannot be read, and exits with 3", async () => {
    const { s3 } = sandbox;
    const put = (Key: string, Body: string) =>
      s3.send(new PutObjectCommand({ Bucket: store.bucket, Key, Body }));
    await put(manifestKey(recipe, FIRST), "{}");
    const { source, ...rest } = await putManifest(SECOND);
    const foreign = { ...rest, source: { ...source, key: "another.jpg" } };
    await put(manifestKey(recipe, THIRD), JSON.stringify(foreign));
    await put("manifests/notes.txt", "no manifest");
    const { code, lines } = await json("rebuild");
    expect(lines).toMatchObject([{ manifests: 3, written: 1, unreadable: 2 }]);
    expect(code).toBe(3);
    expect((await itemsOf(table)).map(({ key }) => key)).toEqual([SECOND]);
  });

  it("check and rebuild name an item that cannot be read, and what to do", async () => {
    const manifest = await putManifest(FIRST);
    const { region, endpoint, credentials } = sandbox;
    const dynamo = new DynamoDBClient({ region, endpoint, credentials });
    const pk = { S: `image/${manifest.source.key}` };
    await dynamo.send(
      new PutItemCommand({ TableName: TABLE, Item: { pk, status: { S: "lost" } } }),
    );
    for (const command of ["check", "rebuild"]) {
      const { code, stderr } = await catalog(command);
      expect(code).toBe(1);
      expect(stderr).toContain(`the item image/${FIRST}`);
      expect(stderr).toContain("delete it, and run `imagefleet catalog rebuild`");
    }
    await dynamo.send(new DeleteItemCommand({ TableName: TABLE, Key: { pk } }));
    dynamo.destroy();
  });

  it("rebuild finishes after Ctrl-C what it has started, and prints how to go on", async () => {
    for (const key of KEYS) await putManifest(key);
    let cli: Cli | undefined;
    let puts = 0;
    const observe: Parameters<typeof FaultProxy.start>[2] = async ({ operation }) => {
      // A second one would end it at once.
      if (operation === "PutItem" && ++puts === 1) cli?.signal("SIGINT");
    };
    await using proxy = await FaultProxy.start(sandbox.endpoint, () => undefined, observe);
    const more = ["--recipe", "recipe.mjs", "--endpoint", proxy.endpoint, "--data", "."];
    cli = new Cli(["catalog", "rebuild", ...more], { cwd: sandbox.folder });
    const { code, stdout } = await cli.ended();
    expect(stdout).toMatch(/^Interrupted: 3 items written .*\n\nNext:\n {2}.* catalog rebuild /s);
    expect(code).toBe(130);
  });

  it("reads users from the keys of uploads by the template that is set", async () => {
    const id = "01K44444444444444444444444";
    const key = `in/bob/${id}.jpg`;
    await putManifest(key);
    await json(`rebuild --upload-key ${TEMPLATE}`);
    expect(await table.get(key, never)).toMatchObject({ user: "bob", id });
  });

  it.each([
    ["check --table nothing", "--table: there is no table nothing at the local fleet"],
    [
      "rebuild --upload-key in/{user}.{ext}",
      "--upload-key in/{user}.{ext}: it must have {id} once",
    ],
  ])("%s is a usage error", async (line, message) => {
    const { code, stderr } = await catalog(line);
    expect(stderr.replaceAll("\n", " ")).toContain(message);
    expect(code).toBe(2);
  });
});

describe("beside a fleet", { timeout: 180_000 }, () => {
  const keys = uploadKeys("uploads/{user}/{id}.{ext}", "");
  let folder: string;
  let data: Awaited<ReturnType<typeof openDataFolder>>;
  let fleet: Awaited<ReturnType<typeof startFleet>>;
  let s3: ReturnType<typeof createS3>;
  let table: CatalogTable;
  let picture: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "imagefleet-catalog-"));
    const file = join(folder, "recipe.mjs");
    await writeFile(file, `export default { presets: { thumb: "16x16" } };`);
    data = await openDataFolder(join(folder, "data"), false);
    const options = { dataDir: data.fleet, port: 0, recipe: pathToFileURL(file), catalog: true };
    fleet = await startFleet(options);
    await data.announce(fleet);
    const { endpoint, credentials } = fleet;
    const client = { region: "us-east-1", endpoint, credentials };
    s3 = createS3(client);
    table = openTable(TABLE, client);
    picture = join(folder, "source.jpg");
    await sharp(noise(64, 48)).jpeg().toFile(picture);
  });
  afterAll(async () => {
    s3.destroy();
    await fleet.stop();
    await data[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const newKey = () => keys.make("alice", "jpg", Date.now());
  const catalog = (command: string) => {
    const args = ["catalog", command, "--recipe", "recipe.mjs", "--data", "data", "--json"];
    return run(args, { cwd: folder });
  };

  it("a table that was emptied while images come is rebuilt, equal to the manifests", async () => {
    const upload = () => fleet.upload(newKey(), picture);
    const before = 12;
    await Promise.all(Array.from({ length: before }, upload));
    await fleet.idle();
    expect(await itemsOf(table)).toHaveLength(before);

    let isLoaded = true;
    let uploads = before;
    const load = (async () => {
      for (; isLoaded; uploads++) {
        await upload();
        // As fast as the fleet is, which has nothing left to do when the load ends.
        await fleet.idle();
      }
    })();
    for (const item of await itemsOf(table)) await table.remove(item, never);
    const { code, stdout, stderr } = await catalog("rebuild");
    isLoaded = false;
    await load;
    await fleet.idle();
    expect(code, stderr).toBe(0);
    const { written }: { written: number } = JSON.parse(stdout);
    expect(written).toBeGreaterThanOrEqual(before);

    const { renditionBucket } = fleet;
    const store = new RenditionStore(s3, renditionBucket);
    const items = new Map((await itemsOf(table)).map((item) => [item.key, item]));
    let manifests = 0;
    for await (const page of listPages(s3, renditionBucket, { prefix: "manifests/" })) {
      for (const { key } of page) {
        const { manifest } = (await store.manifest(key, never)) ?? {};
        if (manifest === undefined) throw new Error(`there is no manifest at ${key}`);
        manifests++;
        const { source, seq, at, renditions } = manifest;
        expect(items.get(source.key)).toMatchObject({
          user: "alice",
          status: "ready",
          seq,
          committedAt: at,
          etag: source.etag,
          bytesIn: source.bytes,
          width: source.width,
          height: source.height,
          renditions: renditions.map(({ key: rendition, bytes }) => ({ key: rendition, bytes })),
        });
      }
    }
    expect(uploads).toBeGreaterThan(before);
    expect([manifests, items.size]).toEqual([uploads, uploads]);
  });

  it("a table that was restored to an earlier time is corrected by the next events and a rebuild", async () => {
    const [kept, replaced, replacedAgain, deleted, added] = Array.from({ length: 5 }, newKey);
    const some = [kept, replaced, replacedAgain, deleted];
    await Promise.all(some.map((key = "") => fleet.upload(key, picture)));
    await fleet.idle();
    const saved = new Map((await itemsOf(table)).map((item) => [item.key, item]));
    const another = join(folder, "another.jpg");
    const replace = async (key = "", width = 32) => {
      await sharp(noise(width, 32)).jpeg().toFile(another);
      await fleet.upload(key, another);
      await fleet.idle();
    };
    await replace(replaced);
    await replace(replacedAgain);
    await replace(added);
    await s3.send(new DeleteObjectCommand({ Bucket: fleet.sourceBucket, Key: deleted }));
    await fleet.idle();
    for (const item of await itemsOf(table)) {
      const earlier = saved.get(item.key);
      await (earlier ? table.put(earlier, item, never) : table.remove(item, never));
    }
    expect((await catalog("check")).stdout).toContain('"isEqual":false');

    await replace(replacedAgain, 40);
    expect(await table.get(replacedAgain ?? "", never)).toMatchObject({
      status: "ready",
      width: 40,
    });
    expect(await table.get(replaced ?? "", never)).toEqual(saved.get(replaced ?? ""));
    const { code, stdout, stderr } = await catalog("rebuild");
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ written: 3 });
    const { code: equal, stdout: report } = await catalog("check");
    expect(equal, report).toBe(0);
    expect(await table.get(deleted ?? "", never)).toMatchObject({ status: "removed" });
  });
});
