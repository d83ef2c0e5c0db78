import { defineRecipe } from "@imagefleet/core/recipe";
import { expect, it } from "vitest";
import { compileEdge } from "./compile.ts";
import type { EdgeFields, EdgeRequest } from "./event.ts";
import { RECIPES } from "./recipes.fixture.ts";
import { requestHandler, responseHandler } from "./run.ts";

const [recipe] = RECIPES;
if (recipe === undefined) throw new Error("there is no recipe");
const code = compileEdge(recipe);
const onRequest = requestHandler(code.request);
const onResponse = responseHandler(code.response);

const sent = (uri: string, v?: string): EdgeRequest => ({
  method: "GET",
  uri,
  querystring: v === undefined ? {} : { v: { value: v } },
  headers: {},
  cookies: {},
});

/** The headers of an answer to a request, as the function of the viewer request has left it. */
async function headersOf(
  request: EdgeRequest,
  headers: EdgeFields = {},
  statusCode = 200,
): Promise<EdgeFields> {
  const viewer = { ip: "198.51.100.11" };
  const left = await onRequest({
    version: "1.0",
    context: { eventType: "viewer-request" },
    viewer,
    request,
  });
  const answer = await onResponse({
    version: "1.0",
    context: { eventType: "viewer-response" },
    viewer,
    request: "uri" in left ? left : request,
    response: { statusCode, headers },
  });
  return answer.headers;
}

const stored = {
  "cache-control": { value: "public, max-age=86400" },
  etag: { value: '"e"' },
  server: { value: "AmazonS3" },
  "x-amz-meta-imagefleet": { value: "f" },
  "x-amz-meta-imagefleet-source": { value: "s" },
  "x-amz-meta-imagefleet-source-etag": { value: '"0123abcd99"' },
  "x-amz-request-id": { value: "r" },
  "x-amz-server-side-encryption": { value: "AES256" },
  "x-amzn-trace-id": { value: "t" },
};
const substitute = { ...stored, "x-imagefleet-substitute": { value: "placeholder" } };

it("leaves what a viewer needs", async () => {
  expect(await headersOf(sent("/thumb/a.webp"), substitute)).toEqual({
    "cache-control": { value: "public, max-age=86400" },
    etag: { value: '"e"' },
    "x-imagefleet-substitute": { value: "placeholder" },
  });
});

it.each([
  ["the version of the source", "0123abcd", stored, 200, true],
  ["the same, a part of it", "0123abcd", stored, 206, true],
  ["the same, not changed", "0123abcd", stored, 304, true],
  ["another version", "0123abce", stored, 200, false],
  ["no version", undefined, stored, 200, false],
  ["what is no version", "0123abc", stored, 200, false],
  ["an answer without metadata", "0123abcd", { etag: { value: '"0123abcd"' } }, 200, false],
  ["an error", "0123abcd", stored, 404, false],
  ["another picture of the source, until this one is made", "0123abcd", substitute, 200, false],
])("for %s", async (_what, v, headers, status, isImmutable) => {
  const { "cache-control": made } = await headersOf(sent("/thumb/a.webp", v), headers, status);
  const value = "public, max-age=31536000, immutable";
  expect(made?.value === value).toBe(isImmutable);
});

it.each([200, 206, 304])(
  "says of %i that Accept counts, for negotiated addresses only",
  async (status) => {
    expect(await headersOf(sent("/hero-400w/a.auto"), {}, status)).toEqual({
      vary: { value: "Accept" },
    });
    expect(await headersOf(sent("/hero-400w/a.webp"), {}, status)).not.toHaveProperty("vary");
    expect(await headersOf(sent("/150x/a.jpg"), {}, status)).not.toHaveProperty("vary");
  },
);

it("keeps another Vary", async () => {
  const vary = (value: string) => ({ vary: { value } });
  expect(await headersOf(sent("/thumb/a.auto"), vary("Origin"))).toEqual(vary("Origin, Accept"));
  expect(await headersOf(sent("/thumb/a.auto"), vary("Origin, accept"))).toEqual(
    vary("Origin, accept"),
  );
  expect(await headersOf(sent("/thumb/a.webp"), vary("Origin"))).toEqual(vary("Origin"));
});

it("knows a negotiated address where CloudFront shows it the viewer's own request", async () => {
  const answer = async (uri: string) => {
    const { headers } = await onResponse({
      version: "1.0",
      context: { eventType: "viewer-response" },
      viewer: { ip: "198.51.100.11" },
      request: sent(uri),
      response: { statusCode: 200, headers: {} },
    });
    return headers;
  };
  expect(await answer("/hero-400w/%C3%BC.%61uto")).toEqual({ vary: { value: "Accept" } });
  expect(await answer("/hero-400w/a.webp")).toEqual({});
  expect(await answer("/%")).toEqual({});
});

it("knows a signed address that was negotiated", async () => {
  const adhoc = defineRecipe({ delivery: { adhoc: {} }, presets: { thumb: "1w" } });
  const of = responseHandler(compileEdge(adhoc).response);
  const varyOf = async (uri: string) => {
    const { headers } = await of({
      version: "1.0",
      context: { eventType: "viewer-response" },
      viewer: { ip: "198.51.100.11" },
      request: sent(uri),
      response: { statusCode: 200, headers: {} },
    });
    return headers["vary"]?.value;
  };
  expect(await varyOf("/s/k.0.x/w=9/a.auto")).toBe("Accept");
  expect(await varyOf("/s/k.0.x/w=9/a.webp")).toBeUndefined();
});
