import { hash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { checkChunks } from "./chunks.ts";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { type Signed, send, sign, signedFields, signerOf } from "./fixtures/signing.ts";
import { type LocalAws, startLocalAws } from "./server.ts";
import { readSignature } from "./signature-fields.ts";

const MINUTE = 60_000;
let local: LocalAws;
let clients: Clients;

beforeEach(async () => {
  local = await startLocalAws({ port: 0, dataDir: await folder() });
  clients = clientsOf(local);
  await clients.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  await clients.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "a", Body: "content" }));
});
afterEach(() => local.close());

/** The status and the error's code, or the body of a success. */
async function answerOf(response: Promise<Response> | Response): Promise<[number, string]> {
  const { status, text } = await (async () => {
    const got = await response;
    return { status: got.status, text: await got.text() };
  })();
  const code = /<Code>(.*)<\/Code>/.exec(text)?.[1] ?? /"__type":"[^"]*#(\w+)"/.exec(text)?.[1];
  return [status, code ?? text];
}

const listQueues: Signed = {
  method: "POST",
  target: "/",
  service: "sqs",
  headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues" },
  body: "{}",
};
const listTables: Signed = {
  method: "POST",
  target: "/",
  service: "dynamodb",
  headers: {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "DynamoDB_20120810.ListTables",
  },
  body: "{}",
};
const listTopics: Signed = {
  method: "POST",
  target: "/",
  service: "sns",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "Action=ListTopics&Version=2010-03-31",
};
const get: Signed = { target: "/photos/a" };
const wrongKey = () => ({ ...local.credentials, secretAccessKey: "wrong" });
const unknown = () => ({ ...local.credentials, accessKeyId: "AKIDEXAMPLE" });
const withToken = () => ({ ...local.credentials, sessionToken: "t" });
const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE);

describe("a signature in the header", () => {
  it("is valid for 15 minutes before and after its date", async () => {
    for (const at of [ago(14), ago(-14)]) {
      expect(await answerOf(send(local, { ...get, at }))).toEqual([200, "content"]);
      expect(await answerOf(send(local, { ...listQueues, at }))).toEqual([200, '{"QueueUrls":[]}']);
    }
    for (const at of [ago(16), ago(-16)]) {
      expect(await answerOf(send(local, { ...get, at }))).toEqual([403, "RequestTimeTooSkewed"]);
      const late = await answerOf(send(local, { ...listQueues, at }));
      expect(late).toEqual([403, "InvalidSignatureException"]);
    }
  });

  it.each([
    [
      "another secret",
      wrongKey,
      [403, "SignatureDoesNotMatch"],
      [403, "InvalidSignatureException"],
      [403, "SignatureDoesNotMatch"],
    ],
    [
      "an unknown key",
      unknown,
      [403, "InvalidAccessKeyId"],
      [403, "UnrecognizedClientException"],
      [403, "InvalidClientTokenId"],
    ],
    [
      "a session token",
      withToken,
      [400, "InvalidToken"],
      [403, "UnrecognizedClientException"],
      [403, "InvalidClientTokenId"],
    ],
  ])("by %s is rejected with the errors of each service", async (_, other, s3, sqs, sns) => {
    const answerTo = (request: Signed) =>
      answerOf(send(local, { ...request, credentials: other() }));
    expect(await answerTo(get)).toEqual(s3);
    expect(await answerTo(listQueues)).toEqual(sqs);
    expect(await answerTo(listTopics)).toEqual(sns);
    // The names of SQS's JSON protocol, always with 400.
    expect(await answerTo(listTables)).toEqual([400, sqs[1]]);
  });

  it("is for one service only", async () => {
    expect((await send(local, listTables)).status).toBe(200);
    expect((await send(local, listTopics)).status).toBe(200);
    const other = { service: "sqs" } as const;
    const [table, topic] = [
      { ...listTables, ...other },
      { ...listTopics, ...other },
    ];
    expect(await answerOf(send(local, table))).toEqual([400, "IncompleteSignatureException"]);
    expect(await answerOf(send(local, topic))).toEqual([400, "IncompleteSignature"]);
  });

  it("is reported by the SDK under AWS's names", async () => {
    const { endpoint } = local;
    const nameOf = (credentials: LocalAws["credentials"]) => {
      const sqs = new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
      return sqs.send(new ListQueuesCommand({})).then(
        () => "done",
        (error: Error) => error.name,
      );
    };
    expect(await nameOf(wrongKey())).toBe("SignatureDoesNotMatch");
    expect(await nameOf(unknown())).toBe("InvalidClientTokenId");
  });

  it("covers method, path, query, headers and body", async () => {
    const [url, init] = await sign(local, {
      method: "PUT",
      target: "/photos/b?x-id=PutObject",
      headers: { "content-type": "text/plain" },
      body: "signed",
    });
    const headers = Object(init.headers);
    const changed: [string, RequestInit][] = [
      [url, { ...init, method: "POST" }],
      [url.replace("/b?", "/c?"), init],
      [url.replace("PutObject", "Other"), init],
      [`${url}&tagging=`, init],
      [url, { ...init, headers: { ...headers, "content-type": "image/png" } }],
      [url, { ...init, headers: { ...headers, "x-amz-date": "20260101T000000Z" } }],
    ];
    for (const [at, other] of changed) {
      const [status] = await answerOf(fetch(at, other));
      expect([at, status]).toEqual([at, expect.toSatisfy((code) => code === 403 || code === 400)]);
    }
    const extra = { ...headers, "x-amz-copy-source": "photos/a" };
    expect(await answerOf(fetch(url, { ...init, headers: extra }))).toEqual([403, "AccessDenied"]);
    const body = await answerOf(fetch(url, { ...init, body: "other!" }));
    expect(body).toEqual([400, "XAmzContentSHA256Mismatch"]);
    expect((await fetch(url, init)).status).toBe(200);
    const [to, message] = await sign(local, listQueues);
    const sent = await answerOf(fetch(to, { ...message, body: '{"QueueNamePrefix":"x"}' }));
    expect(sent).toEqual([403, "InvalidSignatureException"]);
  });

  it("is required for every request, in a valid form", async () => {
    const { endpoint } = local;
    const json = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.ListQueues",
    };
    expect(await answerOf(fetch(endpoint))).toEqual([403, "AccessDenied"]);
    expect(await answerOf(fetch(`${endpoint}/photos/a`))).toEqual([403, "AccessDenied"]);
    expect(await answerOf(fetch(`${endpoint}/photos/a?X-Amz-Expires=60`))).toEqual([
      403,
      "AccessDenied",
    ]);
    const post = fetch(endpoint, { method: "POST", headers: json, body: "{}" });
    expect(await answerOf(post)).toEqual([403, "MissingAuthenticationToken"]);
    const unsigned = ({ method = "", headers = {}, body = "" }: Signed) =>
      answerOf(fetch(endpoint, { method, headers, body }));
    expect(await unsigned(listTables)).toEqual([400, "MissingAuthenticationTokenException"]);
    expect(await unsigned(listTopics)).toEqual([403, "MissingAuthenticationToken"]);
    for (const authorization of [
      "AWS4-HMAC-SHA256",
      "AWS local:c2ln",
      "AWS4-HMAC-SHA256 Credential=local/x",
    ]) {
      const asked = fetch(`${endpoint}/photos/a`, { headers: { authorization } });
      expect(await answerOf(asked)).toEqual([400, "AuthorizationHeaderMalformed"]);
    }
    const forSqs = await answerOf(send(local, { ...get, service: "sqs" }));
    expect(forSqs).toEqual([400, "AuthorizationHeaderMalformed"]);
  });

  it("verifies for any key with the SDK's path encoding", async () => {
    const { s3 } = clients;
    const key = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((text) => !/^\.{0,2}$|(^|\/)\.{1,2}(\/|$)/.test(text) && text.isWellFormed());
    const oneOf = fc.oneof(key, fc.constantFrom("a//b", "a b+c%20'\"!*()/ü~", "%2F", "/lead"));
    await fc.assert(
      fc.asyncProperty(oneOf, async (Key) => {
        await s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: Key }));
        const got = await s3.send(new GetObjectCommand({ Bucket: "photos", Key }));
        expect(await got.Body?.transformToString()).toBe(Key);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a presigned URL", () => {
  it("expires, and its lifetime cannot be changed", async () => {
    const signed = { ...get, expiresIn: 60 };
    expect(await answerOf(send(local, signed))).toEqual([200, "content"]);
    expect(await answerOf(send(local, { ...signed, at: ago(2) }))).toEqual([403, "AccessDenied"]);
    const [url] = await sign(local, { ...signed, at: ago(2) });
    const stretched = fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"));
    expect(await answerOf(stretched)).toEqual([403, "SignatureDoesNotMatch"]);
    const tooLong = fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=604801"));
    expect(await answerOf(tooLong)).toEqual([400, "AuthorizationHeaderMalformed"]);
  });

  it("accepts any body, for its key only", async () => {
    const [url] = await sign(local, { method: "PUT", target: "/photos/up", expiresIn: 60 });
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(200);
    const other = fetch(url.replace("/up?", "/other?"), { method: "PUT", body: "x" });
    expect(await answerOf(other)).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answerOf(fetch(url))).toEqual([403, "SignatureDoesNotMatch"]);
  });
});

describe("the Host header", () => {
  /** fetch cannot set another Host header than the URL's. */
  function ask(headers: Record<string, string>, path: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const asked = httpRequest(`${local.endpoint}${path}`, { headers }, (got) => {
        got.resume();
        resolve(got.statusCode);
      });
      asked.on("error", reject).end();
    });
  }

  async function signedAs(host: string, path: string) {
    const signer = signerOf(clients, local.credentials);
    const headers = { host, "x-amz-content-sha256": hash("sha256", "") };
    const unsigned = { method: "GET", protocol: "http:", hostname: "", path, query: {}, headers };
    return (await signer.sign(unsigned)).headers;
  }

  it("must be a name of this machine with the server's port", async () => {
    const { port } = local;
    const good = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`];
    for (const host of good) {
      expect([host, await ask(await signedAs(host, "/photos/a"), "/photos/a")]).toEqual([
        host,
        200,
      ]);
    }
    const bucket = `photos.localhost:${port}`;
    expect(await ask(await signedAs(bucket, "/a"), "/a")).toBe(200);
    const bad = [
      "localhost",
      `localhost:${port + 1}`,
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost.evil.example:${port}`,
      `0.0.0.0:${port}`,
      `my.bucket.localhost:${port}`,
      `localhost.:${port}`,
      "",
    ];
    for (const host of bad) {
      expect([host, await ask(await signedAs(host, "/photos/a"), "/photos/a")]).toEqual([
        host,
        403,
      ]);
    }
  });

  it("of a proxy's X-Forwarded-Host is used for the signature only", async () => {
    const headers = await signedAs("proxy.test:1", "/photos/a");
    const { host: signedHost = "", ...others } = headers;
    const own = `127.0.0.1:${local.port}`;
    const passed = { ...others, host: own, "x-forwarded-host": signedHost };
    expect(await ask(passed, "/photos/a")).toBe(200);
    expect(await ask({ ...others, host: own }, "/photos/a")).toBe(403);
    expect(await ask({ ...passed, host: signedHost, "x-forwarded-host": own }, "/photos/a")).toBe(
      403,
    );
  });
});

describe("a browser form", () => {
  async function post(fields: Record<string, string>): Promise<[number, string]> {
    const form = new FormData();
    for (const [name, value] of Object.entries({ key: "form", ...fields })) form.set(name, value);
    form.set("file", new Blob(["12345"]), "photo.jpg");
    return answerOf(fetch(`${local.endpoint}/photos`, { method: "POST", body: form }));
  }

  it("must have a signed policy that is unchanged and has not expired", async () => {
    const fields = await signedFields(local, [["starts-with", "$key", "form"]]);
    expect(await post(fields)).toEqual([204, ""]);
    const { policy = "", ...unsigned } = fields;
    const other = await signedFields(local, []);
    expect(await post({})).toEqual([403, "AccessDenied"]);
    expect(await post(unsigned)).toEqual([403, "AccessDenied"]);
    expect(await post({ policy })).toEqual([400, "AuthorizationHeaderMalformed"]);
    expect(await post({ ...fields, policy: other["policy"] ?? "" })).toEqual([
      403,
      "SignatureDoesNotMatch",
    ]);
    expect(await post(await signedFields(local, [], -1))).toEqual([403, "AccessDenied"]);
    // Two fields of one name, of which fauxqs would use the other.
    expect(await post({ ...fields, KEY: "form", key: "elsewhere" })).toEqual([
      400,
      "InvalidArgument",
    ]);
  });
});

// AWS's published examples:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
describe("a body that is signed in chunks", () => {
  const example = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  };
  const chunk = (bytes: number, signature: string) =>
    `${bytes.toString(16)};chunk-signature=${signature}\r\n${"a".repeat(bytes)}${bytes > 0 ? "\r\n" : ""}`;
  const plain = [
    chunk(65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    chunk(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
  ];
  const trailing = [
    chunk(65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
    chunk(1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
    chunk(0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
    "x-amz-checksum-crc32c:sOO8/Q==\r\n",
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
  ];

  function check(seed: string, body: string): Promise<void> {
    const signed = readSignature({
      credential: `${example.accessKeyId}/20130524/us-east-1/s3/aws4_request`,
      date: "20130524T000000Z",
      signature: seed,
    });
    if (signed === undefined) throw new Error("no signature");
    const signer = signerOf(clients, example);
    const sign = (text: string) => signer.sign(text, { signingDate: signed.at });
    return checkChunks(Buffer.from(body), signed, sign);
  }

  test.each([
    ["chunks", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", plain],
    [
      "chunks and a trailer",
      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
      trailing,
    ],
  ])("%s: accepts the published example and rejects any change of it", async (_, seed, parts) => {
    const body = parts.join("");
    await expect(check(seed, body)).resolves.toBeUndefined();
    await expect(check(`0${seed.slice(1)}`, body)).rejects.toMatchObject({
      code: "SignatureDoesNotMatch",
    });
    await expect(check(seed, body.replace("aaa", "aba"))).rejects.toMatchObject({
      code: "SignatureDoesNotMatch",
    });
    await expect(check(seed, parts.toSpliced(1, 1).join(""))).rejects.toMatchObject({
      code: "SignatureDoesNotMatch",
    });
    await expect(check(seed, parts.slice(0, 2).join(""))).rejects.toMatchObject({
      code: "IncompleteBody",
    });
    await expect(check(seed, body.slice(0, 66_000))).rejects.toThrow();
    if (parts.length > 3) {
      await expect(check(seed, body.replace("sOO8", "sOO9"))).rejects.toMatchObject({
        code: "SignatureDoesNotMatch",
      });
    }
  });

  it("is decoded, and rejected with an unsigned chunk", async () => {
    const at = new Date();
    const payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    const headers = { "content-encoding": "aws-chunked", "x-amz-decoded-content-length": "5" };
    const request: Signed = { method: "PUT", target: "/photos/chunked", headers, payload, at };
    const [url, init] = await sign(local, request);
    const [, seed = ""] = /Signature=(.*)$/.exec(Object(init.headers).authorization) ?? [];
    const date = at.toISOString().replace(/[-:]|\.\d+/g, "");
    const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const signer = signerOf(clients, local.credentials);
    const chunkOf = async (previous: string, data: string) => {
      const text = [
        "AWS4-HMAC-SHA256-PAYLOAD",
        date,
        scope,
        previous,
        hash("sha256", ""),
        hash("sha256", data),
      ];
      const signature = await signer.sign(text.join("\n"), { signingDate: at });
      return { signature, head: `${data.length.toString(16)};chunk-signature=${signature}\r\n` };
    };
    const first = await chunkOf(seed, "12345");
    const last = await chunkOf(first.signature, "");
    const body = `${first.head}12345\r\n${last.head}\r\n`;
    const forged = fetch(url, { ...init, body: body.replace("12345\r\n", "12346\r\n") });
    expect(await answerOf(forged)).toEqual([403, "SignatureDoesNotMatch"]);
    expect((await fetch(url, { ...init, body })).status).toBe(200);
    expect(await answerOf(send(local, { target: "/photos/chunked" }))).toEqual([200, "12345"]);
  });
});
