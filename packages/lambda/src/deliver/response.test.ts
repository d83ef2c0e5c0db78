import type { Answer } from "@imagefleet/core/deliver";
import { describe, expect, it } from "vitest";
import { responseOf } from "./response.ts";

const body = Buffer.from("a picture");
const stored: Answer = {
  status: 200,
  body,
  contentType: "image/webp",
  cacheControl: "public, max-age=86400",
  etag: '"e1"',
  sourceEtag: '"s1"',
};
const GET = { method: "GET" };

describe("a stored rendition", () => {
  it("is answered as S3 answers it", () => {
    expect(responseOf(stored, GET)).toEqual({
      status: 200,
      headers: {
        "Content-Type": "image/webp",
        "Content-Length": "9",
        "Cache-Control": "public, max-age=86400",
        ETag: '"e1"',
        "X-Amz-Meta-Imagefleet-Source-Etag": '"s1"',
      },
      body,
    });
  });

  it("has no body for HEAD", () => {
    const { headers } = responseOf(stored, GET);
    const response = responseOf(stored, { method: "HEAD" });
    expect(response).toEqual({ status: 200, headers, body: new Uint8Array() });
  });

  it.each(['"e1"', 'W/"e1"', '"x", "e1"', '"x" ,W/"e1" , "y"'])(
    "is a 304 to If-None-Match: %s",
    (ifNoneMatch) => {
      for (const method of ["GET", "HEAD"]) {
        expect(responseOf(stored, { method, ifNoneMatch })).toEqual({
          status: 304,
          headers: {
            "Cache-Control": "public, max-age=86400",
            ETag: '"e1"',
            "X-Amz-Meta-Imagefleet-Source-Etag": '"s1"',
          },
          body: new Uint8Array(),
        });
      }
    },
  );

  it.each(["", "*", "e1", '"e2"', '"e11"', 'w/"e1"', '"e1'])(
    "is a 200 to If-None-Match: %j",
    (ifNoneMatch) => {
      expect(responseOf(stored, { ...GET, ifNoneMatch }).status).toBe(200);
    },
  );
});

it("a substitute has its mark, and no ETag that could confirm it", () => {
  const substitute = { ...stored, substitute: "placeholder" } as const;
  const { etag: _etag, sourceEtag: _source, ...unstored } = substitute;
  const { status, headers } = responseOf(unstored, { ...GET, ifNoneMatch: "undefined" });
  expect([status, headers["X-Imagefleet-Substitute"]]).toEqual([200, "placeholder"]);
  expect(headers).not.toHaveProperty("ETag");
  expect(headers).not.toHaveProperty("X-Amz-Meta-Imagefleet-Source-Etag");
});

it("a 404 has its reason, and a 503 says when to ask again and nothing of the fleet's names", () => {
  const notFound = { status: 404, reason: "SourceEmpty", cacheControl: "no-store" } as const;
  expect(responseOf(notFound, { ...GET, ifNoneMatch: '"e1"' })).toMatchObject({
    status: 404,
    headers: { "X-Imagefleet-Reason": "SourceEmpty", "Cache-Control": "no-store" },
  });
  const unavailable = {
    status: 503,
    message: "s3://secret-bucket does not answer",
    cacheControl: "no-store",
    retryAfterSeconds: 7,
  } as const;
  const { status, headers, body } = responseOf(unavailable, GET);
  expect([status, headers["Retry-After"], headers["Cache-Control"]]).toEqual([
    503,
    "7",
    "no-store",
  ]);
  expect(JSON.stringify(headers) + Buffer.from(body)).not.toContain("secret-bucket");
});
