import type { Call } from "@imagefleet/local/fault-proxy";
import fc from "fast-check";
import { expect, it } from "vitest";
import { BUS, CallRecorder, localPlaces, localRecorder } from "./index.ts";
import { needsOf } from "./needs.ts";
import { asFile, recorded, unrecorded } from "./recorded.ts";

const places = localPlaces({ source: "in/", renditions: "out/" });

interface Asked {
  readonly service?: Call["service"];
  readonly path?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function call(operation: string, asked: Asked = {}) {
  const { service = "s3", path = "/imagefleet-source/in/a.jpg", url = path } = asked;
  const { headers = {}, body = "" } = asked;
  const of: Call = { service, operation, path };
  return [of, { headers, url }, () => Promise.resolve(body)] as const;
}

async function grants(operation: string, asked?: Asked): Promise<string[]> {
  const needs = await needsOf(...call(operation, asked), places);
  return needs.map(({ call: by, action, resource }) => `${by}: ${action} ${resource}`);
}

const TOPIC_ARN = "arn:aws:sns:us-east-1:000000000000:imagefleet-events";
const table = (more: object) => JSON.stringify({ TableName: "imagefleet-images", ...more });
const form = (signer: string, key: string) =>
  [
    `--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n${key}`,
    `--b\r\nContent-Disposition: form-data; name="X-Amz-Credential"\r\n\r\n${signer}/20261121/x`,
    "--b--\r\n",
  ].join("\r\n");
const queue = (name: string) => JSON.stringify({ QueueUrl: `http://127.0.0.1:1/000/${name}` });

it.each<[string, Asked, string[]]>([
  ["HeadObject", {}, ["HeadObject: s3:GetObject source/*"]],
  ["HeadBucket", { path: "/imagefleet-renditions" }, ["HeadBucket: s3:ListBucket renditions"]],
  ["ListObjectsV2", { path: "/imagefleet-source/" }, ["ListObjectsV2: s3:ListBucket source"]],
  ["ListBuckets", { path: "/" }, ["ListBuckets: s3:ListAllMyBuckets *"]],
  [
    "PutObject",
    { path: "/imagefleet-renditions/out/%C3%BC%20b", headers: { "if-none-match": "*" } },
    ["PutObject: s3:PutObject renditions/*"],
  ],
  [
    "PutObject",
    { path: "/imagefleet-renditions/out/a", headers: { "if-match": '"e"' } },
    [
      "PutObject If-Match: s3:PutObject renditions/*",
      "PutObject If-Match: s3:GetObject renditions/*",
    ],
  ],
  [
    "DeleteObjects",
    {
      path: "/imagefleet-renditions/",
      body: "<Delete><Object><Key>out/a</Key></Object><Object><Key>b</Key></Object></Delete>",
    },
    ["DeleteObjects: s3:DeleteObject renditions/*", "DeleteObjects: s3:DeleteObject renditions/b"],
  ],
  [
    "SendMessageBatch",
    { service: "sqs", body: queue("imagefleet-small-dlq") },
    ["SendMessageBatch: sqs:SendMessage small-dlq"],
  ],
  [
    "GetQueueUrl",
    { service: "sqs", body: '{"QueueName":"imagefleet-large"}' },
    ["GetQueueUrl: sqs:GetQueueUrl large"],
  ],
  ["ListQueues", { service: "sqs", body: "{}" }, ["ListQueues: sqs:ListQueues *"]],
  ...["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"].map(
    (operation): [string, Asked, string[]] => [
      operation,
      { service: "dynamodb", body: table({ ConditionExpression: "attribute_not_exists(pk)" }) },
      [`${operation}: dynamodb:${operation} table`],
    ],
  ),
  [
    "Query",
    { service: "dynamodb", body: table({ IndexName: "byUser" }) },
    ["Query: dynamodb:Query table/byUser"],
  ],
  [
    "Publish",
    { service: "sns", body: new URLSearchParams({ TopicArn: TOPIC_ARN }).toString() },
    ["Publish: sns:Publish topic"],
  ],
  [
    "PutEvents",
    { service: "events", body: JSON.stringify({ Entries: [{ EventBusName: BUS }] }) },
    ["PutEvents: events:PutEvents bus"],
  ],
  [
    "PostObject",
    { path: "/imagefleet-source", body: form("uploads", "in/uploads/a.png") },
    ["PostObject: s3:PutObject source/*"],
  ],
  ["GetMetricData", { service: "cloudwatch" }, ["GetMetricData: cloudwatch:GetMetricData *"]],
])("%s %j", async (operation, asked, needs) => {
  expect(await grants(operation, asked)).toEqual(needs);
});

it.each<[string, Asked, string]>([
  ["CopyObject", {}, "CopyObject: add its permissions to"],
  ["StartMessageMoveTask", { service: "sqs" }, "StartMessageMoveTask: add its permissions"],
  ["GetObject", { path: "/other/in/a" }, "GetObject: other is not a bucket of the fleet"],
  ["SendMessage", { service: "sqs", body: queue("other") }, "other is not a queue of the fleet"],
  ["TransactWriteItems", { service: "dynamodb", body: table({}) }, "add its permissions to"],
  ["GetItem", { service: "dynamodb", body: '{"TableName":"other"}' }, "other is not a table of"],
  ["Publish", { service: "sns", body: "TopicArn=other" }, "other is not a topic of the fleet"],
  ["PutEvents", { service: "events", body: '{"Entries":[{}]}' }, "default is not a bus of the"],
  ["PutObject", { headers: { "x-amz-acl": "public-read" } }, "x-amz-acl needs further permissions"],
  [
    "GetObject",
    { url: "/imagefleet-source/in/a?versionId=1" },
    "versionId needs further permissions",
  ],
])("rejects what it does not know: %s %j", async (operation, asked, fault) => {
  await expect(grants(operation, asked)).rejects.toThrow(fault);
});

it("names exactly the keys below the prefix as such", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (key) => {
      const path = `/imagefleet-source/${key.split("/").map(encodeURIComponent).join("/")}`;
      const resource = key.startsWith("in/") ? "source/*" : `source/${key}`;
      expect(await grants("GetObject", { path })).toEqual([`GetObject: s3:GetObject ${resource}`]);
      const inside = `/imagefleet-source/in/${encodeURIComponent(key)}`;
      expect(await grants("GetObject", { path: inside })).toEqual([
        "GetObject: s3:GetObject source/*",
      ]);
    }),
  );
});

it("distinguishes principals by their signatures, and keeps unknown calls", async () => {
  const recorder = new CallRecorder(places);
  const signed = (key: string, asked: Asked = {}) => ({
    ...asked,
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261121/us-east-1/s3/x` },
  });
  await recorder.observe(...call("HeadObject", signed("worker")));
  await recorder.observe(...call("GetObject", signed("worker")));
  await recorder.observe(...call("GetObject", signed("function")));
  await recorder.observe(...call("PutObject", signed("worker")));
  await recorder.observe(...call("CopyObject", signed("worker")));
  await recorder.observe(...call("GetObject"));
  expect(recorder.needed("worker")).toEqual({
    "s3:GetObject source/*": "GetObject, HeadObject",
    "s3:PutObject source/*": "PutObject",
  });
  expect(recorder.needed("nobody")).toEqual({ "s3:GetObject source/*": "GetObject" });
  expect(Object.keys(recorder.needed())).toHaveLength(2);
  expect(recorder.unknown).toEqual([
    expect.stringMatching(/^worker: CopyObject: add its permissions/),
  ]);
  expect(unrecorded("worker", recorder.needed("worker"))).toEqual(["s3:PutObject source/*"]);
});

it("knows who has signed a URL or a form, and the parts of buckets that two functions use", async () => {
  const recorder = localRecorder({ source: "in/", renditions: "out/" });
  const path = "/imagefleet-source/in/uploads/a.png";
  const url = `${path}?X-Amz-Credential=uploads%2F20261121%2Fus-east-1`;
  await recorder.observe(...call("PutObject", { path, url }));
  const body = form("uploads", "in/uploads/b.png");
  await recorder.observe(...call("PostObject", { path: "/imagefleet-source", body }));
  const headers = { authorization: "AWS4-HMAC-SHA256 Credential=catalog/20261121/x" };
  for (const key of ["manifests/a.png.json", "thumb/a.png"]) {
    const at = { path: `/imagefleet-renditions/out/${key}`, headers };
    await recorder.observe(...call("GetObject", at));
  }
  expect(recorder.needed("uploads")).toEqual({
    "s3:PutObject source/uploads/*": "PostObject, PutObject",
  });
  expect(recorder.needed("catalog")).toEqual({
    "s3:GetObject renditions/manifests/*": "GetObject",
    "s3:GetObject renditions/out/thumb/a.png": "GetObject",
  });
});

it("writes the file that it reads", () => {
  expect(JSON.parse(asFile(recorded("function")))).toEqual(recorded("function"));
});
