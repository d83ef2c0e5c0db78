import { hash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand } from "@aws-sdk/client-sns";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  form,
  headerText,
  operation,
  type Request,
  rubbish,
  s3Request,
  sqsRequest,
  THE_UPLOAD,
  tableRequest,
  topicRequest,
} from "./fixtures/any-request.ts";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { signerOf } from "./fixtures/signing.ts";
import { type LocalAws, startLocalAws } from "./server.ts";

/** The longest time to a response. */
const ANSWER_MS = 10_000;

let local: LocalAws;
let clients: Clients;

beforeEach(async () => {
  local = await startLocalAws({ port: 0, dataDir: await folder() });
  clients = clientsOf(local);
});
afterEach(() => local.close());

interface Answer {
  readonly status: number;
  readonly text: string;
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Signs a request as the SDK does and sends it without validation. */
async function ask(asked: Request): Promise<Answer> {
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

/** A 4xx, or 501 for the parts of S3 that are not served. */
function expectBlame(asked: unknown, { status, text }: Answer): void {
  const isUnserved = status === 501 && (text === "" || text.includes("NotImplemented"));
  expect([asked, status, text]).toEqual([
    asked,
    expect.toSatisfy((code) => isUnserved || (code >= 200 && code < 500)),
    text,
  ]);
}

/** Other requests still succeed. */
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

it("a part whose copied source cannot be decoded is an invalid URI", async () => {
  const { s3 } = clients;
  await s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  const made = await s3.send(new CreateMultipartUploadCommand({ Bucket: "photos", Key: "m" }));
  const query = { uploadId: made.UploadId ?? "", partNumber: "1" };
  const headers = { "x-amz-copy-source": "%zz" };
  const answer = await ask({ service: "s3", method: "PUT", path: "/photos/m", query, headers });
  expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("InvalidURI") });
});

describe("an arbitrary signed request never causes a server error", () => {
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

  it("to DynamoDB", async () => {
    await clients.dynamo.send(
      new CreateTableCommand({
        TableName: "images",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      }),
    );
    await fc.assert(
      fc.asyncProperty(tableRequest, async ({ action, body }) => {
        const headers = {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": `DynamoDB_20120810.${action}`,
        };
        const asked = { service: "dynamodb", method: "POST", path: "/", headers } as const;
        expectBlame([action, body], await ask({ ...asked, body }));
      }),
      { numRuns: 500 },
    );
    await expectSound();
  }, 60_000);

  it("to SNS", async () => {
    await clients.sns.send(new CreateTopicCommand({ Name: "events" }));
    await fc.assert(
      fc.asyncProperty(topicRequest, async (body) => {
        const headers = { "content-type": "application/x-www-form-urlencoded" };
        expectBlame(body, await ask({ service: "sns", method: "POST", path: "/", headers, body }));
      }),
      { numRuns: 500 },
    );
    await expectSound();
  }, 60_000);
});

it("serves sts:GetCallerIdentity and the listed actions of SNS with the query protocol", async () => {
  const asked = (body: string) =>
    ask({
      service: "sts",
      method: "POST",
      path: "/",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });
  expect(await asked("Action=GetCallerIdentity&Version=2011-06-15")).toMatchObject({ status: 200 });
  for (const body of ["Action=DeleteTopic&TopicArn=a", "Action=ListQueues", "Action", ""]) {
    const { status, text } = await asked(body);
    expect([body, status, text]).toEqual([body, 400, expect.stringContaining("InvalidAction")]);
  }
  const subscribe = "Action=Subscribe&TopicArn=a&Endpoint=a@b.c&Protocol=email";
  expect((await asked(subscribe)).text).toContain("delivers to sqs only");
});

it("rejects an arbitrary unsigned request", async () => {
  const target = fc
    .array(
      fc.oneof(rubbish, fc.constantFrom("/", "?", "&", "=", "X-Amz-Algorithm=AWS4-HMAC-SHA256")),
    )
    .map((parts) => `/${parts.join("").replace(/[^\u0021-\u007e]/gu, "%")}`);
  const fields = fc.dictionary(
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
      fields,
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
