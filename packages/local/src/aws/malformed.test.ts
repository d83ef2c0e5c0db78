import { hash } from "node:crypto";
import { request as httpRequest } from "node:http";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { signerOf } from "./fixtures/signing.ts";
import { type LocalAws, startLocalAws } from "./server.ts";

/** A request that hangs for so long has no answer. */
const ANSWER_MS = 10_000;

let local: LocalAws;
let clients: Clients;

beforeEach(async () => {
  local = await startLocalAws({ port: 0, dataDir: await folder() });
  clients = clientsOf(local);
});
afterEach(() => local.close());

interface Asked {
  readonly service: "s3" | "sqs";
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Signed as the SDK signs, and sent with nothing checked or put right. */
async function ask(asked: Asked): Promise<Answer> {
  const body = Buffer.from(asked.body ?? "");
  const path = asked.path.split("/").map(encode).join("/");
  const signer = signerOf(clients, local.credentials, asked.service);
  const { headers } = await signer.sign({
    method: asked.method,
    protocol: "http:",
    hostname: "127.0.0.1",
    path,
    query: { ...asked.query },
    headers: {
      ...asked.headers,
      "content-length": String(body.length),
      host: `127.0.0.1:${local.port}`,
      "x-amz-content-sha256": hash("sha256", body),
    },
  });
  const query = Object.entries(asked.query ?? {}).map(
    ([name, value]) => `${encode(name)}=${encode(value)}`,
  );
  const target = `${path}?${query.join("&")}`.replace(/\?$/, "");
  return send(asked.method, target, headers, body);
}

function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: "127.0.0.1", port: local.port, method, path, headers },
      (got) => {
        got.setEncoding("utf8");
        got
          .toArray()
          .then((texts) => resolve({ status: got.statusCode ?? 0, text: texts.join("") }), reject);
      },
    );
    sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error("no answer")));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A 4xx; 501, which HEAD says without a word, is for the parts of S3 that are not served. */
function expectBlame(asked: unknown, { status, text }: Answer): void {
  const isUnserved = status === 501 && (text === "" || text.includes("NotImplemented"));
  expect([asked, status, text]).toEqual([
    asked,
    expect.toSatisfy((code) => isUnserved || (code >= 200 && code < 500)),
    text,
  ]);
}

/** Everything else works as before. */
async function expectSound(): Promise<void> {
  const { s3 } = clients;
  await s3.send(new CreateBucketCommand({ Bucket: "sound" }));
  await s3.send(new PutObjectCommand({ Bucket: "sound", Key: "k", Body: "content" }));
  const got = await s3.send(new GetObjectCommand({ Bucket: "sound", Key: "k" }));
  expect(await got.Body?.transformToString()).toBe("content");
  const url = await clients.createQueue("sound");
  await clients.send(url, "message");
  expect(await clients.receive(url)).toMatchObject([{ Body: "message" }]);
}

const rubbish = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "1",
    "1e400",
    "NaN",
    "true",
    "null",
    "%",
    "%zz",
    "&#x110000;",
    "a/b",
    "{}",
    "[]",
    "*",
    '"',
  ),
);
/** What a header can hold. */
const headerText = rubbish.map((text) =>
  text.replace(/[^\t\u0020-\u007e\u0080-\u00ff]/gu, "?").trim(),
);

const tag = fc.constantFrom(
  ..."NotificationConfiguration QueueConfiguration TopicConfiguration Id Queue Event Filter S3Key FilterRule Name Value Delete Object Key Quiet VersionId CompleteMultipartUpload Part PartNumber ETag LifecycleConfiguration Rule ID Status Expiration Days Prefix Tag And AbortIncompleteMultipartUpload DaysAfterInitiation".split(
    " ",
  ),
);
const { xml } = fc.letrec<{ xml: string }>((tie) => ({
  xml: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      rubbish,
      fc.constantFrom(
        "prefix",
        "s3:ObjectCreated:*",
        "arn:aws:sqs:us-east-1:000000000000:q",
        "Enabled",
        "&lt;",
        "&#0;",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "<a>".repeat(5000),
      ),
    ),
    fc
      .tuple(tag, fc.array(tie("xml"), { maxLength: 4 }))
      .map(([name, parts]) => `<${name}>${parts.join("")}</${name}>`),
    fc.tuple(tag, tie("xml")).map(([name, part]) => `<${name}>${part}`),
    fc.tuple(tag, tie("xml")).map(([name, part]) => `${part}</${name}>`),
  ),
}));

const form = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "key",
        "file",
        "policy",
        "success_action_status",
        "Content-Type",
        "x-amz-meta-a",
        "tagging",
      ),
      rubbish,
    ),
    { maxLength: 5 },
  )
  .map((fields) =>
    fields
      .map(
        ([name, value]) =>
          `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      )
      .concat("--b--\r\n")
      .join(""),
  );

/** Sub-resources and parameters of S3's operations, those that are not served among them. */
const PARAMETERS =
  "notification location lifecycle list-type prefix delimiter continuation-token start-after marker max-keys encoding-type delete uploads uploadId partNumber attributes versionId versions tagging acl policy renameObject cors restore select select-type x-id response-content-type fetch-owner".split(
    " ",
  );
const HEADERS =
  "content-type content-md5 content-encoding content-language cache-control expires range if-match if-none-match if-modified-since if-unmodified-since x-amz-copy-source x-amz-copy-source-range x-amz-copy-source-if-match x-amz-metadata-directive x-amz-tagging x-amz-acl x-amz-storage-class x-amz-object-attributes x-amz-rename-source x-amz-decoded-content-length x-amz-trailer x-amz-checksum-algorithm x-amz-checksum-crc32 x-amz-checksum-sha256 x-amz-checksum-mode x-amz-sdk-checksum-algorithm x-amz-server-side-encryption x-amz-expected-bucket-owner x-amz-bucket-region x-amz-meta-a x-amz-object-lock-mode origin".split(
    " ",
  );

const s3Request: fc.Arbitrary<Asked> = fc.record({
  service: fc.constant("s3" as const),
  method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"),
  path: fc.oneof(
    fc
      .tuple(fc.constantFrom("photos", "missing"), fc.oneof(fc.constantFrom("", "k", "m"), rubbish))
      .map(([bucket, key]) => `/${bucket}/${key}`),
    fc.constantFrom(
      "/",
      "/photos",
      "/missing",
      "//",
      "/..",
      "/_fauxqs/queues",
      "/_fauxqs/queues/x",
    ),
    rubbish.map((text) => `/${text}`),
  ),
  query: fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PARAMETERS) }, rubbish),
    rubbish,
    { maxKeys: 3 },
  ),
  headers: fc.dictionary(
    fc.constantFrom(...HEADERS),
    fc.oneof(
      headerText,
      fc.constantFrom(
        "photos/k",
        "/photos/k",
        "bytes=0-1",
        "aws-chunked",
        "multipart/form-data; boundary=b",
        "CRC32",
        "ETag,Checksum",
      ),
    ),
    { maxKeys: 3 },
  ),
  body: fc.oneof(rubbish, xml, form),
});

/** Stands for the id of an upload that has begun. */
const THE_UPLOAD = "the upload's";
/** One operation whose body, headers or parameters are read. */
const operation: fc.Arbitrary<Asked> = fc
  .record({
    op: fc.constantFrom<Omit<Asked, "service">>(
      { method: "PUT", path: "/photos", query: { notification: "" } },
      { method: "PUT", path: "/photos", query: { lifecycle: "" } },
      { method: "PUT", path: "/new" },
      { method: "POST", path: "/photos", query: { delete: "" } },
      {
        method: "POST",
        path: "/photos",
        headers: { "content-type": "multipart/form-data; boundary=b" },
      },
      { method: "POST", path: "/photos/m", query: { uploadId: THE_UPLOAD } },
      { method: "POST", path: "/photos/m", query: { uploads: "" } },
      { method: "PUT", path: "/photos/m", query: { uploadId: THE_UPLOAD } },
      { method: "GET", path: "/photos", query: { "list-type": "2" } },
      { method: "GET", path: "/photos/k", query: { attributes: "" } },
      { method: "GET", path: "/photos/k" },
      { method: "PUT", path: "/photos/k" },
      { method: "PUT", path: "/photos/k", headers: { "content-encoding": "aws-chunked" } },
    ),
    any: s3Request,
    body: fc.oneof(rubbish, xml, form),
    more: fc.dictionary(
      fc.constantFrom(
        "prefix",
        "delimiter",
        "continuation-token",
        "start-after",
        "marker",
        "max-keys",
        "encoding-type",
        "partNumber",
        "x-id",
        "response-content-type",
      ),
      rubbish,
      { maxKeys: 2 },
    ),
  })
  .map(({ op, any, body, more }) => ({
    ...op,
    service: "s3",
    query: { ...more, ...op.query },
    headers: { ...any.headers, ...op.headers },
    body: op.method === "GET" ? "" : body,
  }));

const ACTIONS =
  "CreateQueue DeleteQueue GetQueueUrl ListQueues GetQueueAttributes SetQueueAttributes PurgeQueue SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch ChangeMessageVisibility ChangeMessageVisibilityBatch TagQueue UntagQueue ListQueueTags ListDeadLetterSourceQueues Other".split(
    " ",
  );
const json = fc.jsonValue({ depthSize: "small" });
const attribute = fc.record(
  {
    DataType: fc.oneof(rubbish, fc.constantFrom("String", "Binary", "Number")),
    StringValue: rubbish,
    BinaryValue: rubbish,
  },
  { requiredKeys: [] },
);
const attributes = fc.dictionary(rubbish, attribute, { maxKeys: 2 });
const names = fc.array(fc.oneof(rubbish, fc.constant("All")), { maxLength: 2 });
const seconds = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 30, 1e15));
const message = {
  Id: rubbish,
  MessageBody: rubbish,
  MessageAttributes: attributes,
  MessageSystemAttributes: attributes,
  MessageGroupId: rubbish,
  MessageDeduplicationId: rubbish,
  DelaySeconds: fc.oneof(seconds, fc.integer({ min: 0, max: 900 })),
  ReceiptHandle: fc.oneof(rubbish, fc.uuid()),
  VisibilityTimeout: seconds,
};
const byName = fc.dictionary(
  fc.oneof(
    rubbish,
    fc.constantFrom("RedrivePolicy", "VisibilityTimeout", "DelaySeconds", "FifoQueue", "Policy"),
  ),
  fc.oneof(
    rubbish,
    json.map((policy) => JSON.stringify(policy)),
  ),
  { maxKeys: 2 },
);
/** Each field of its type; in some bodies one of another. */
const fields = fc.record(
  {
    ...message,
    QueueUrl: fc.oneof({ weight: 5, arbitrary: fc.constant("the queue's") }, rubbish),
    QueueName: fc.oneof(rubbish, fc.constant("jobs")),
    QueueNamePrefix: rubbish,
    Attributes: byName,
    AttributeNames: names,
    MessageAttributeNames: names,
    MessageSystemAttributeNames: names,
    Entries: fc.array(fc.record(message, { requiredKeys: ["Id"] }), { maxLength: 12 }),
    MaxNumberOfMessages: seconds,
    MaxResults: seconds,
    NextToken: rubbish,
    Tags: byName,
    TagKeys: names,
  },
  { requiredKeys: ["QueueUrl"] },
);
const swapped = fc
  .tuple(fields, fc.nat(), json)
  .map(([body, at, other]) =>
    Object.fromEntries(
      Object.entries(body).map(([name, value], i, all) => [
        name,
        i === at % all.length ? other : value,
      ]),
    ),
  );
const sqsRequest = fc.record({
  action: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...ACTIONS) }, headerText),
  body: fc.oneof(
    { weight: 8, arbitrary: fc.oneof(fields, swapped, json).map((body) => JSON.stringify(body)) },
    rubbish,
    fc.constantFrom(
      "[".repeat(10_000),
      `${'{"Entries":['.repeat(2000)}${"]}".repeat(2000)}`,
      '{"__proto__":{"QueueUrl":1}}',
    ),
  ),
});

describe("a request that is signed, and otherwise anything, is never the server's fault", () => {
  it("to S3", async () => {
    const { s3 } = clients;
    await s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    const { UploadId = "" } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket: "photos", Key: "m" }),
    );
    await s3.send(new PutObjectCommand({ Bucket: "photos", Key: "k", Body: "content" }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(s3Request, operation), async (drawn) => {
        const isOfUpload = drawn.query?.["uploadId"] === THE_UPLOAD;
        const query = { ...drawn.query, ...(isOfUpload && { uploadId: UploadId }) };
        expectBlame(drawn, await ask({ ...drawn, query }));
      }),
      { numRuns: 500 },
    );
    await expectSound();
  }, 60_000);

  it("to SQS", async () => {
    const url = JSON.stringify(await clients.createQueue("jobs"));
    await fc.assert(
      fc.asyncProperty(sqsRequest, async ({ action, body }) => {
        const headers = {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": `AmazonSQS.${action}`,
        };
        const asked = { service: "sqs", method: "POST", path: "/", headers } as const;
        const answer = await ask({ ...asked, body: body.replace('"the queue\'s"', url) });
        expectBlame([action, body], answer);
      }),
      { numRuns: 500 },
    );
    await expectSound();
  }, 60_000);
});

it("the query protocol is served for sts:GetCallerIdentity alone, which tools ask first", async () => {
  const asked = (body: string) =>
    ask({
      service: "sqs",
      method: "POST",
      path: "/",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });
  expect(await asked("Action=GetCallerIdentity&Version=2011-06-15")).toMatchObject({ status: 200 });
  for (const body of ["Action=CreateTopic&Name=a", "Action=ListQueues", "Action", ""]) {
    expect([body, await asked(body)]).toEqual([body, expect.objectContaining({ status: 400 })]);
  }
});

it("a request that is not signed, and otherwise anything, is refused", async () => {
  const target = fc
    .array(
      fc.oneof(rubbish, fc.constantFrom("/", "?", "&", "=", "X-Amz-Algorithm=AWS4-HMAC-SHA256")),
    )
    .map((parts) => `/${parts.join("").replace(/[^\u0021-\u007e]/gu, "%")}`);
  const claim = fc.dictionary(
    fc.constantFrom(
      "authorization",
      "x-amz-date",
      "x-amz-content-sha256",
      "x-amz-target",
      "content-type",
    ),
    fc.oneof(
      headerText,
      fc.constantFrom(
        "application/x-amz-json-1.0",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
      ),
    ),
  );
  const method = fc.constantFrom("GET", "PUT", "POST", "DELETE", "PATCH");
  await fc.assert(
    fc.asyncProperty(
      method,
      target,
      claim,
      fc.oneof(rubbish, form),
      async (asked, path, headers, text) => {
        const body = Buffer.from(text);
        const length = { "content-length": String(body.length) };
        const { status } = await send(asked, path, { ...headers, ...length }, body);
        expect(status).toSatisfy((code) => code >= 400 && code < 500);
      },
    ),
    { numRuns: 300 },
  );
  await expectSound();
}, 60_000);

const configured = (content: string) =>
  `<NotificationConfiguration>${content}</NotificationConfiguration>`;
const toQueue = (content: string) =>
  configured(`<QueueConfiguration>${content}</QueueConfiguration>`);
const ARN = "<Queue>arn:aws:sqs:us-east-1:000000000000:jobs</Queue>";
const EVENT = "<Event>s3:ObjectCreated:*</Event>";

it.each([
  ["", "MalformedXML"],
  ["not XML", "MalformedXML"],
  ["<NotificationConfiguration>", "MalformedXML"],
  ["<Other/>", "MalformedXML"],
  [configured("text"), "MalformedXML"],
  [configured("<Other/>"), "MalformedXML"],
  [toQueue(""), "MalformedXML"],
  [toQueue(ARN), "MalformedXML"],
  [toQueue(EVENT), "MalformedXML"],
  [toQueue(ARN + ARN + EVENT), "MalformedXML"],
  [toQueue(`${ARN}${EVENT}<Filter>a</Filter>`), "MalformedXML"],
  [toQueue(`${ARN}<Event>&#x110000;</Event>`), "MalformedXML"],
  [`<!DOCTYPE a [<!ENTITY b "c">]>${toQueue(ARN + EVENT)}`, "MalformedXML"],
  [toQueue(`${ARN}<Event>s3:Other</Event>`), "InvalidArgument"],
  [toQueue(`<Queue>arn:aws:sqs:us-east-1:000000000000:none</Queue>${EVENT}`), "InvalidArgument"],
])(
  "a notification configuration that is wrong is refused, and the one before it stays: %s",
  async (body, code) => {
    await clients.createQueue("jobs");
    await clients.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    const asked = { service: "s3", path: "/photos", query: { notification: "" } } as const;
    const sound = toQueue(
      `\n  <Id>sound</Id>${ARN}${EVENT}<Filter><S3Key><FilterRule><Name>prefix</Name><Value> a&amp;&#98;</Value></FilterRule></S3Key></Filter>\n`,
    );
    expect(
      await ask({ ...asked, method: "PUT", body: `<?xml version="1.0"?>\n${sound}` }),
    ).toMatchObject({ status: 200 });
    const { status, text } = await ask({ ...asked, method: "PUT", body });
    expect([status, /<Code>(.*)<\/Code>/.exec(text)?.[1]]).toEqual([400, code]);
    const kept = await ask({ ...asked, method: "GET" });
    expect(kept.text).toContain("<Id>sound</Id>");
    expect(kept.text).toContain("<Value> a&amp;b</Value>");
  },
);
