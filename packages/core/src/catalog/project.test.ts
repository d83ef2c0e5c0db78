import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { prepareCatalog } from "@imagefleet/local/fleet";
import { REGION, TABLE } from "@imagefleet/local/resources";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../outcome/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import { reconcile } from "../reconcile/index.ts";
import {
  context as contextOfJobs,
  inSandbox,
  job,
  key,
  never,
  picture,
  remove,
  sandbox,
  setKey,
  upload,
} from "../reconcile/sandbox.fixture.ts";
import { RenditionStore, SourceStore } from "../store/index.ts";
import { UPLOAD_KEY, uploadKeys } from "../uploads/index.ts";
import type { ImageItem } from "./item.ts";
import type { Notification } from "./notification-schema.ts";
import { type Cause, type ProjectContext, project } from "./project.ts";
import { type CatalogTable, openTable } from "./table.ts";

const recipe = defineRecipe({ presets: { thumb: "16x16" } });
const uploads = uploadKeys(UPLOAD_KEY, "");

inSandbox();
let proxy: FaultProxy;
/** What the projector writes to, and what the tests do. */
let table: CatalogTable;
let direct: CatalogTable;
let published: Notification[];
let publishes: ProjectContext["publish"];

beforeAll(async () => {
  const { s3, sqs, endpoint, credentials } = sandbox;
  await prepareCatalog({ s3, sqs }, { recipe, endpoint, credentials, visibility: 30 });
  proxy = await FaultProxy.start(endpoint, () => undefined);
  const client = { region: REGION, credentials };
  table = openTable(TABLE, { ...client, endpoint: proxy.endpoint });
  direct = openTable(TABLE, { ...client, endpoint });
});
afterAll(() => proxy[Symbol.asyncDispose]());
beforeEach(() => {
  setKey(uploads.make("alice", "jpg", Date.now()));
  published = [];
  publishes = async (notification) => void published.push(notification);
  proxy.decide = () => undefined;
});

const run = (notice?: Cause["notice"]) => {
  const { s3, resources } = sandbox;
  return project(
    { key, ...(notice && { notice }) },
    {
      recipe,
      uploads,
      table,
      renditions: new RenditionStore(s3, resources.renditionBucket),
      sources: new SourceStore(s3),
      sourceBucket: resources.sourceBucket,
      imagesUrl: undefined,
      publish: (...sent) => publishes(...sent),
    },
    never,
  );
};
const at = "2026-01-01T00:00:00.000Z";
const failed = { at, failed: { reason: "TimedOut", message: "it took too long" } };
const types = () => published.map(({ type }) => type);
const render = () => reconcile(job(), contextOfJobs({ recipe }), never);

/** A ready image whose source was replaced by one that fails. */
async function failing(): Promise<ImageItem> {
  await upload(await picture(40, 30));
  await render();
  await run();
  await upload(await picture(50, 30));
  const item = await direct.get(key, never);
  expect(item?.status).toBe("ready");
  if (item === undefined) throw new Error("there is no item");
  return item;
}

/** Does something before the first put of an item reaches the table. */
function beforeTheFirstPut(act: () => Promise<unknown>): void {
  let isDone = false;
  proxy.decide = async ({ operation }) => {
    if (operation !== "PutItem" || isDone) return undefined;
    isDone = true;
    await act();
    return undefined;
  };
}

describe("a failure", () => {
  it("is published, and named by an item that says nothing is left to tell", async () => {
    await failing();
    await run(failed);
    expect(types()).toEqual(["image.ready", "image.failed"]);
    const item = await direct.get(key, never);
    expect(item).toMatchObject({ status: "failed", notified: published[1]?.id });
    expect(item?.telling).toBeUndefined();
  });

  it("is not published if the content is rendered before its item is written", async () => {
    const item = await failing();
    // Another projection changes the notification only, as a return of the same content does.
    beforeTheFirstPut(async () => {
      await render();
      await direct.put({ ...item, notified: "0".repeat(32), returns: 1 }, item, never);
    });
    await run(failed);
    expect(types()).not.toContain("image.failed");
    expect(await direct.get(key, never)).toMatchObject({ status: "ready", width: 50 });
  });

  it("is published again with its id and time after a crash before its item was written whole", async () => {
    await failing();
    const sent: Notification[] = [];
    publishes = async (notification) => {
      sent.push(notification);
      throw new Failure("StoreUnavailable", "SNS cannot be reached");
    };
    await expect(run(failed)).rejects.toThrow("SNS cannot be reached");
    publishes = async (notification) => void sent.push(notification);
    await run(failed);
    await run(failed);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    expect((await direct.get(key, never))?.telling).toBeUndefined();
  });
});

describe("an image that a user has deleted, whose item the API hides at once", () => {
  const hide = async () => {
    const item = await direct.get(key, never);
    if (item) await direct.put({ ...item, status: "removed" }, item, never);
  };

  it("has a notification although it never had a manifest", async () => {
    await upload(await picture(40, 30));
    await run(failed);
    await remove();
    await hide();
    await run({ at });
    await run({ at });
    expect(types()).toEqual(["image.failed", "image.removed"]);
    const item = await direct.get(key, never);
    expect(item).toMatchObject({ status: "removed", notified: published[1]?.id });
  });

  it("is ready again if the same content is uploaded again before the fleet has removed it", async () => {
    await upload(await picture(40, 30));
    await render();
    await run();
    await hide();
    await run();
    expect(await direct.get(key, never)).toMatchObject({ status: "removed" });
    await run({ at });
    expect(await direct.get(key, never)).toMatchObject({ status: "ready" });
    expect(types()).toEqual(["image.ready"]);
  });
});
