import { hash } from "node:crypto";
import type { Call, Fault } from "@imagefleet/local/fault-proxy";
import sharp from "sharp";
import * as v from "valibot";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openHarness, type RecordingHarness } from "./fixtures/harness.ts";
import { asFile, type Role, recordedFile } from "./recorded.ts";

// After a change, `npm test -- --update=all permissions` writes the recorded grants, and a second run
// writes docs/permissions.md, which is generated from them: review the diff of both.

/** The side in px of a noise picture that exceeds the small lane's limit. */
const [SMALL, LARGE] = [32, 120];
/** All of the SDK's attempts of one call. */
const ATTEMPTS = 5;

let harness: RecordingHarness;
/** The number of further writes under `fails/` that fail. */
let failures = 0;

beforeAll(async () => {
  harness = await openHarness();
  harness.proxy.decide = failing;
});
afterAll(() => harness.close());

function failing({ service, operation, path }: Call): Fault | undefined {
  // The local servers have no buses.
  if (service === "events") return { kind: "answer", json: { FailedEntryCount: 0, Entries: [] } };
  if (operation !== "PutObject" || !path.includes("/fails/") || failures === 0) return undefined;
  failures -= 1;
  return { kind: "InternalError" };
}

/** The outcomes of a key's jobs. */
function ends(key: string): string[] {
  return harness.jobs.filter((job) => job.key === key).map(({ outcome }) => outcome);
}

async function ended(key: string, ...outcomes: string[]): Promise<void> {
  await expect.poll(() => ends(key), { timeout: 20_000 }).toEqual(outcomes);
}

it("the function needs exactly the recorded permissions", async () => {
  const { lanes } = harness;
  // At their last receive: the first goes to the dead-letter queue at once, the other is requeued.
  await harness.upload("in/last/a.png", SMALL);
  await harness.upload("in/last/b.png", SMALL);
  // The third is S3's test event.
  await harness.receiveAll(lanes.small, 3, 3);
  // Attempted before: one at a time, while the other stays in flight.
  await harness.upload("in/again/a.png", SMALL);
  await harness.upload("in/again/b.png", SMALL);
  await harness.receiveAll(lanes.small, 5, 1);
  const fn = harness.startFunction();
  for (const key of ["in/last/a.png", "in/last/b.png", "in/again/a.png", "in/again/b.png"]) {
    await ended(key, "rendered");
  }

  await harness.upload("in/a.png", SMALL);
  await ended("in/a.png", "rendered");
  await harness.put("in/a.png", "no picture any more");
  await ended("in/a.png", "rendered", "rejected");
  await harness.upload("in/gone.png", SMALL);
  await ended("in/gone.png", "rendered");
  await harness.remove("in/gone.png");
  await ended("in/gone.png", "rendered", "removed");
  await harness.upload("in/big.png", LARGE);
  await ended("in/big.png", "forwarded");
  failures = ATTEMPTS;
  await harness.upload("in/fails/a.png", SMALL);
  await ended("in/fails/a.png", "failed", "rendered");
  await harness.upload("not/a/source.png", SMALL);
  await expect.poll(() => harness.left("small"), { timeout: 20_000 }).toBe(0);
  await fn.stop();

  expect(harness.recorder.unknown).toEqual([]);
  const needed = asFile(harness.recorder.needed("function"));
  await expect(needed).toMatchFileSnapshot(recordedFile("function"));
}, 120_000);

it("the worker needs exactly the recorded permissions", async () => {
  const { lanes } = harness;
  await harness.forward("in/last/a.png");
  await harness.forward("in/last/b.png");
  // The third was forwarded by the function.
  await harness.receiveAll(lanes.large, 3, 4);
  const worker = harness.startWorker();
  for (const key of ["in/last/a.png", "in/last/b.png"]) await ended(key, "rendered", "rendered");
  await ended("in/big.png", "forwarded", "rendered");

  // What the function had rendered.
  await harness.forward("in/again/a.png", { force: true });
  await ended("in/again/a.png", "rendered", "rendered");
  await harness.forward("in/again/a.png");
  await ended("in/again/a.png", "rendered", "rendered", "unchanged");
  await harness.put("in/again/b.png", "no picture any more");
  await harness.forward("in/again/b.png");
  await ended("in/again/b.png", "rendered", "rejected");
  await harness.remove("in/last/a.png");
  await harness.forward("in/last/a.png");
  await ended("in/last/a.png", "rendered", "rendered", "removed");
  // Of both renditions: the worker makes those on request too.
  failures = 2 * ATTEMPTS;
  await harness.upload("in/fails/b.png", LARGE);
  await harness.forward("in/fails/b.png");
  await ended("in/fails/b.png", "failed", "rendered");
  await expect.poll(() => harness.left("large"), { timeout: 20_000 }).toBe(0);
  await worker.stop();

  expect(harness.agent.enabled[0]).toBe(true);
  expect(harness.recorder.unknown).toEqual([]);
  const needed = asFile(harness.recorder.needed("worker"));
  await expect(needed).toMatchFileSnapshot(recordedFile("worker"));
}, 120_000);

it("the function that makes renditions on request needs exactly the recorded permissions", async () => {
  const url = await harness.startDeliver();
  // The response ends with its invocation: one more request before that would be throttled.
  const status = async (key: string) => {
    const response = await fetch(`${url}/${key}`);
    await response.arrayBuffer();
    return response.status;
  };
  // Made; then put over the rendition of an older content.
  await harness.upload("in/fresh.png", SMALL);
  expect(await status("out/tail/fresh.png.webp")).toBe(200);
  await harness.upload("in/fresh.png", SMALL + 1);
  expect(await status("out/tail/fresh.png.webp")).toBe(200);
  // What somebody removed, and what only the worker makes.
  await harness.removeRendition("out/thumb/again/a.png.webp");
  expect(await status("out/thumb/again/a.png.webp")).toBe(200);
  await harness.upload("in/huge.png", LARGE);
  expect(await status("out/tail/huge.png.webp")).toBe(503);
  expect(await status("out/tail/none.png.webp")).toBe(404);

  expect(harness.recorder.unknown).toEqual([]);
  const needed = asFile(harness.recorder.needed("deliver"));
  await expect(needed).toMatchFileSnapshot(recordedFile("deliver"));
}, 120_000);

it("the function that invalidates needs exactly the recorded permissions", async () => {
  // In any ten of these, more paths than CloudFront has in progress at once.
  for (let nth = 0; nth < 30; nth++) await harness.replaced(`in/replaced/${nth}.png`);
  harness.startInvalidate();
  await expect.poll(() => harness.left("invalidations"), { timeout: 60_000 }).toBe(0);

  expect(harness.recorder.unknown).toEqual([]);
  const needed = asFile(harness.recorder.needed("invalidate"));
  await expect(needed).toMatchFileSnapshot(recordedFile("invalidate"));
}, 120_000);

/** A request to the API of uploads. */
async function ask(
  { url, token }: { url: string; token: string },
  route: string,
  body?: object,
  headers = {},
) {
  const [method = "GET", path = ""] = route.split(" ");
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { http: response.status, ...v.parse(answerSchema, JSON.parse(text || "{}")) };
}

const texts = v.optional(v.record(v.string(), v.string()), {});
const answerSchema = v.looseObject({
  status: v.optional(v.string()),
  id: v.optional(v.string(), ""),
  url: v.optional(v.string(), ""),
  fields: texts,
  headers: texts,
  parts: v.optional(v.array(v.object({ bytes: v.number(), url: v.string() })), []),
});

it("the functions of uploads and of the catalog need exactly the recorded permissions", async () => {
  const api = await harness.startUploads(5);
  const create = { width: 64, height: 48, channels: 3, background: "#135" } as const;
  const bytes = Uint8Array.from(await sharp({ create }).jpeg().toBuffer());
  const begin = (more: object, headers = {}) =>
    ask(api, "POST /uploads", { contentType: "image/jpeg", ...more }, headers);
  const put = async (url: string, body: Uint8Array<ArrayBuffer>, headers = {}) =>
    (await fetch(url, { method: "PUT", body, headers })).status;

  const form = new FormData();
  const posted = await begin({}, { "idempotency-key": "once" });
  await begin({}, { "idempotency-key": "once" });
  for (const [name, value] of Object.entries(posted.fields)) form.append(name, value);
  form.append("file", new Blob([bytes]));
  expect((await fetch(posted.url, { method: "POST", body: form })).status).toBe(201);

  const sha256 = hash("sha256", bytes, "base64");
  const { url, headers } = await begin({ bytes: bytes.length, sha256 });
  expect(await put(url, bytes, headers)).toBe(200);

  const multipart = { method: "multipart", bytes: 9 * 1024 * 1024 };
  const large = await begin(multipart);
  const [first, second] = large.parts;
  if (!first || !second) throw new Error("the upload has two parts");
  expect(await put(first.url, new Uint8Array(first.bytes))).toBe(200);
  const complete = `POST /uploads/${large.id}/complete`;
  expect(await ask(api, complete)).toMatchObject({ http: 409 });
  const [missing] = (await ask(api, `POST /uploads/${large.id}/parts`)).parts;
  expect(await put(missing?.url ?? "", new Uint8Array(second.bytes))).toBe(200);
  expect(await ask(api, complete)).toMatchObject({ http: 200 });

  const aborted = await begin(multipart);
  expect(await ask(api, `DELETE /uploads/${aborted.id}`)).toMatchObject({ http: 204 });
  const forgotten = await begin({});
  expect(await ask(api, `DELETE /uploads/${forgotten.id}`)).toMatchObject({ http: 204 });
  expect(await begin({})).toMatchObject({ http: 429 });

  const fn = harness.startFunction();
  harness.startCatalog();
  const show = async () => {
    const { http, status } = await ask(api, `GET /uploads/${posted.id}`);
    return `${http} ${status}`;
  };
  await expect.poll(show, { timeout: 20_000 }).toBe("200 ready");
  expect(await ask(api, "GET /images?limit=1")).toMatchObject({ http: 200 });
  expect(await ask(api, `DELETE /images/${posted.id}`)).toMatchObject({ http: 204 });
  await expect.poll(show, { timeout: 20_000 }).toBe("200 removed");
  await fn.stop();
  await harness.upload("in/failing.png", SMALL);
  await harness.failed("in/failing.png");
  await expect.poll(() => harness.left("catalog"), { timeout: 20_000 }).toBe(0);

  expect(harness.notices.filter((line) => line.includes('"level":50'))).toEqual([]);
  expect(harness.recorder.unknown).toEqual([]);
  for (const role of ["uploads", "catalog"] satisfies Role[]) {
    const needed = asFile(harness.recorder.needed(role));
    await expect(needed).toMatchFileSnapshot(recordedFile(role));
  }
}, 120_000);
