import { hash } from "node:crypto";
import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
} from "@aws-sdk/client-cloudfront";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, it, onTestFinished, test } from "vitest";
import { Sha256 } from "../credentials/index.ts";
import { answering, CREDENTIALS, getRaw, TestEdge } from "./fixtures/edge.ts";

const TARGET = "/2020-05-31/distribution/LOCAL/invalidation";

function start(): Promise<TestEdge> {
  return TestEdge.start({ s3: answering(200, { "cache-control": "max-age=60" }) });
}

async function isCached(edge: TestEdge, path: string): Promise<boolean> {
  return (await edge.get(path)).headers["x-cache"] === "Hit from cloudfront";
}

function clientOf({ url: endpoint }: TestEdge, credentials = CREDENTIALS): CloudFrontClient {
  const client = new CloudFrontClient({ region: "us-east-1", endpoint, credentials });
  onTestFinished(() => client.destroy());
  return client;
}

function creation(Items: string[], { id = "LOCAL", quantity = Items.length } = {}) {
  const InvalidationBatch = { CallerReference: "<1>", Paths: { Quantity: quantity, Items } };
  return new CreateInvalidationCommand({ DistributionId: id, InvalidationBatch });
}

/** What `fetch` sends of a signed request for `/a`. */
async function signed(
  edge: TestEdge,
  {
    body = batchOf("/a"),
    service = "cloudfront",
    at = new Date(),
    host = new URL(edge.url).host,
  } = {},
): Promise<{ method: string; headers: Record<string, string>; body: string }> {
  const signer = new SignatureV4({
    service,
    region: "us-east-1",
    credentials: CREDENTIALS,
    sha256: Sha256,
  });
  const payload = { "x-amz-content-sha256": hash("sha256", body) };
  const request = {
    method: "POST",
    protocol: "http:",
    hostname: host,
    path: TARGET,
    headers: { host, ...payload },
    body,
  };
  const { headers } = await signer.sign(request, { signingDate: at });
  return { method: "POST", headers, body };
}

function batchOf(...paths: string[]): string {
  const items = paths.map((path) => `<Path>${path}</Path>`).join("");
  return `<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>1</CallerReference></InvalidationBatch>`;
}

it("invalidates what the SDK asks for, and reports it as completed", async () => {
  const edge = await start();
  const held = ["/a", "/a?v=1", "/a&amp;b", "/a&b", "/'<c>"];
  for (const path of held) await edge.get(path);
  const client = clientOf(edge);
  const Items = ["/a&b", "/'<*"];
  const { Invalidation: created, Location } = await client.send(creation(Items));
  const batch = { CallerReference: "<1>", Paths: { Quantity: 2, Items } };
  expect(created).toMatchObject({ Status: "Completed", InvalidationBatch: batch });
  expect(Location).toBe(`${TARGET}/${created?.Id}`);
  const cached = await Promise.all(held.map((path) => isCached(edge, path)));
  expect(cached).toEqual([true, true, true, false, false]);
  const asked = { DistributionId: "LOCAL", Id: created?.Id };
  const { Invalidation } = await client.send(new GetInvalidationCommand(asked));
  expect(Invalidation).toEqual(created);
});

it.each([
  ["no path that begins with /", creation(["/a", "a"]), 400, "InvalidArgument"],
  ["a * that is not at its end", creation(["/a*b"]), 400, "InvalidArgument"],
  ["an empty path", creation(["/a", ""]), 400, "InvalidArgument"],
  ["another quantity", creation(["/a"], { quantity: 2 }), 400, "InconsistentQuantities"],
  ["another distribution", creation(["/a"], { id: "E1" }), 404, "NoSuchDistribution"],
])("refuses %s, and forgets nothing", async (_what, command, httpStatusCode, name) => {
  const edge = await start();
  await edge.get("/a");
  const refused = clientOf(edge).send(command);
  await expect(refused).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  expect(await isCached(edge, "/a")).toBe(true);
});

it("has no invalidation that it has not created", async () => {
  const asked = new GetInvalidationCommand({ DistributionId: "LOCAL", Id: "I1" });
  const refused = clientOf(await start()).send(asked);
  await expect(refused).rejects.toMatchObject({ name: "NoSuchInvalidation" });
});

it("refuses the credentials of other servers", async () => {
  const edge = await start();
  const client = clientOf(edge, { ...CREDENTIALS, secretAccessKey: "other" });
  await expect(client.send(creation(["/a"]))).rejects.toMatchObject({
    name: "SignatureDoesNotMatch",
  });
});

test.each<[string, Parameters<typeof signed>[1], Record<string, string | undefined>, string]>([
  ["no signature", {}, { authorization: undefined }, "MissingAuthenticationToken"],
  ["no valid signature", {}, { authorization: "Basic YTpi" }, "SignatureDoesNotMatch"],
  ["a body that was not signed", {}, { body: batchOf("/*") }, "SignatureDoesNotMatch"],
  ["another service", { service: "s3" }, {}, "SignatureDoesNotMatch"],
  ["an old signature", { at: new Date(Date.now() - 960_000) }, {}, "SignatureDoesNotMatch"],
  ["no document", { body: "<InvalidationBatch>" }, {}, "MalformedXML"],
  ["another document", { body: "<Paths/>" }, {}, "MalformedXML"],
])("a request with %s is refused", async (_what, given, { body, ...headers }, code) => {
  const edge = await start();
  await edge.get("/a");
  const request = await signed(edge, given);
  const sent = Object.entries({ ...request.headers, ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const got = await getRaw(edge.url, TARGET, {
    method: "POST",
    headers: Object.fromEntries(sent),
    body: body ?? request.body,
  });
  expect(got.status).toBe(code === "MalformedXML" ? 400 : 403);
  expect(got.body).toContain(`<Code>${code}</Code>`);
  expect(await isCached(edge, "/a")).toBe(true);
});

test.each([
  ["of a page of another site", {}, { "sec-fetch-site": "cross-site" }],
  ["to a name that resolves to this machine", { host: "photos.evil.example" }, {}],
])("a signed request %s is refused", async (_what, given, more) => {
  const edge = await start();
  await edge.get("/a");
  const request = await signed(edge, given);
  const headers = { ...request.headers, ...more };
  expect((await getRaw(edge.url, TARGET, { ...request, headers })).status).toBe(403);
  expect(await isCached(edge, "/a")).toBe(true);
  expect((await getRaw(edge.url, TARGET, await signed(edge))).status).toBe(201);
  expect(await isCached(edge, "/a")).toBe(false);
});

it("answers no preflight request, without which no page may sign", async () => {
  const edge = await start();
  const { status, headers } = await edge.get(TARGET, { origin: "http://a.example" }, "OPTIONS");
  expect([status, headers["access-control-allow-origin"]]).toEqual([403, undefined]);
});
