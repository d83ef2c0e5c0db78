import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LATE_WRITE_SECONDS } from "@imagefleet/core/attempt";
import { FUNCTION_BYTES, manifestKey } from "@imagefleet/core/plan";
import { FUNCTION, PRICES, TASK } from "@imagefleet/core/prices";
import { TOMBSTONE_MS, TOMBSTONE_TAG } from "@imagefleet/core/store";
import recipe from "@imagefleet/workspace/recipe";
import { describe, expect, it } from "vitest";
import { ALARMS, INVALIDATE } from "../../infra/numbers.ts";
import {
  ALARM_AGE_SECONDS,
  ALARM_IDLE_SECONDS,
} from "../../packages/cli/src/commands/status/assess.ts";
import { unexpected } from "./expected.ts";
import { idleTable, idleUsd, monthTable } from "./month.ts";
import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "./read.ts";
import type { Json } from "./resource.ts";
import { grants } from "./rules/access.ts";
import { graphsOf } from "./variants.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DAY_MS = 86_400_000;

const graph = graphsOf("production", "delivered and invalidated", "uploads and catalog");

describe("production", () => {
  it.each(["production", "delivered and invalidated", "uploads and catalog"] as const)(
    "has the numbers that are written down: %s",
    (name) => {
      expect(unexpected(graph(name))).toEqual([]);
    },
  );

  it("is built by the version of sst that is installed, and by no other", () => {
    const manifest = readFileSync(join(ROOT, "package.json"), "utf8");
    expect(manifest).toContain(`"sst": "${String(graph("production").app["version"])}"`);
  });

  it("says where everything is", () => {
    expect(Object.keys(graph("production").outputs).sort()).toEqual([
      "_protect",
      "alarmTopicArn",
      "alarms",
      "dashboard",
      "deliver",
      "deliverUrl",
      "distributionId",
      "doctorPolicy",
      "edgeAlarmTopicArn",
      "function",
      "functionLogs",
      "imagesUrl",
      "largeDlq",
      "largeQueue",
      "operatorPolicy",
      "renditionBucket",
      "smallDlq",
      "smallQueue",
      "smallQueueArn",
      "sourceBucket",
      "tls",
      "viewerPolicy",
      "workerLogs",
    ]);
  });

  it("says in addition where invalidations are, where they are wanted", () => {
    const more = Object.keys(graph("delivered and invalidated").outputs).filter(
      (output) => !(output in graph("production").outputs),
    );
    expect(more).toEqual(["invalidationsQueue", "invalidationsDlq", "invalidationLogs"]);
  });

  it("says in addition where the catalog and the API are, where they are wanted", () => {
    const more = Object.keys(graph("uploads and catalog").outputs).filter(
      (output) => !(output in graph("delivered and invalidated").outputs),
    );
    expect(more).toEqual([
      "table",
      "topicArn",
      "catalogQueue",
      "catalogQueueArn",
      "catalogDlq",
      "catalogLogs",
      "apiUrl",
      "uploadLogs",
    ]);
  });

  it("says where the programs' logs are, and where alarms go", () => {
    const { resources, outputs } = graph("production");
    const called = (name: string) => resources.find((each) => each.name === name)?.inputs["name"];
    expect(outputs["functionLogs"]).toBe(called("ConsumeLogGroup"));
    expect(outputs["workerLogs"]).toBe(called("WorkerLogGroupWorker"));
    expect(outputs["alarmTopicArn"]).toMatch(/:imagefleet-production-Alarms$/);
  });

  it("lets the function do what it does, and no more", () => {
    expect(shortened(grants(graph("production"), "ConsumeRole"))).toEqual([
      "s3:DeleteObject renditionsbucket/*",
      "s3:GetObject renditionsbucket/*",
      "s3:GetObject sourcebucket/*",
      "s3:ListBucket renditionsbucket",
      "s3:ListBucket sourcebucket",
      "s3:PutObject renditionsbucket/*",
      "s3:PutObjectTagging renditionsbucket/*",
      "sqs:ChangeMessageVisibility SmallQueue",
      "sqs:DeleteMessage SmallQueue",
      "sqs:GetQueueAttributes SmallQueue",
      "sqs:ReceiveMessage SmallQueue",
      "sqs:SendMessage LargeQueue",
      "sqs:SendMessage SmallDlqQueue",
      "sqs:SendMessage SmallQueue",
    ]);
  });

  it("lets the function that invalidates do what it does, and no more", () => {
    expect(shortened(grants(graph("delivered and invalidated"), "InvalidateRole"))).toEqual([
      "cloudfront:CreateInvalidation arn:aws:cloudfront:eu-west-1:123456789012:distribution/DeliveryDistribution",
      "cloudfront:GetInvalidation arn:aws:cloudfront:eu-west-1:123456789012:distribution/DeliveryDistribution",
      "sqs:DeleteMessage InvalidationsQueue",
      "sqs:GetQueueAttributes InvalidationsQueue",
      "sqs:ReceiveMessage InvalidationsQueue",
    ]);
  });

  it("lets the function of the catalog do what it does, and no more", () => {
    expect(shortened(grants(graph("uploads and catalog"), "ProjectorRole"))).toEqual([
      "dynamodb:GetItem ImagesTable",
      "dynamodb:PutItem ImagesTable",
      "s3:GetObject renditionsbucket/manifests/*",
      "s3:GetObject sourcebucket/*",
      "s3:ListBucket renditionsbucket",
      "s3:ListBucket sourcebucket",
      "sns:Publish arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Notifications",
      "sqs:DeleteMessage CatalogQueue",
      "sqs:GetQueueAttributes CatalogQueue",
      "sqs:ReceiveMessage CatalogQueue",
    ]);
  });

  it("lets the function of uploads sign them, and no more", () => {
    expect(shortened(grants(graph("uploads and catalog"), "UploadRole"))).toEqual([
      "dynamodb:DeleteItem ImagesTable",
      "dynamodb:GetItem ImagesTable",
      "dynamodb:PutItem ImagesTable",
      "dynamodb:Query ImagesTable/index/byUser",
      "dynamodb:UpdateItem ImagesTable",
      "s3:AbortMultipartUpload sourcebucket/uploads/*",
      "s3:DeleteObject sourcebucket/uploads/*",
      "s3:ListMultipartUploadParts sourcebucket/uploads/*",
      "s3:PutObject sourcebucket/uploads/*",
    ]);
  });

  it("lets the worker do what it does, and no more", () => {
    expect(shortened(grants(graph("production"), "WorkerTaskRole"))).toEqual([
      "ecs:UpdateTaskProtection FleetCluster/*",
      "s3:DeleteObject renditionsbucket/*",
      "s3:GetObject renditionsbucket/*",
      "s3:GetObject sourcebucket/*",
      "s3:ListBucket renditionsbucket",
      "s3:ListBucket sourcebucket",
      "s3:PutObject renditionsbucket/*",
      "s3:PutObjectTagging renditionsbucket/*",
      "sqs:ChangeMessageVisibility LargeQueue",
      "sqs:DeleteMessage LargeQueue",
      "sqs:ReceiveMessage LargeQueue",
      "sqs:SendMessage LargeDlqQueue",
      "sqs:SendMessage LargeQueue",
    ]);
    expect(grants(graph("production"), "WorkerExecutionRole")).toEqual([]);
  });

  it.each(["production", "delivered and invalidated", "uploads and catalog"] as const)(
    "draws a dashboard of queues, functions and tasks that are there: %s",
    (variant) => {
      const [dashboard] = all(graph(variant), "cloudwatch/dashboard:Dashboard");
      const widgets = listAt(jsonAt(dashboard?.inputs, "dashboardBody"), "widgets");
      const bottom = Math.max(
        ...widgets.map((each) => numberAt(each, "y") + numberAt(each, "height")),
      );
      const area = widgets.map((each) => numberAt(each, "width") * numberAt(each, "height"));
      // No gap and no overlap: what is drawn is as large as the page.
      expect(area.reduce((sum, each) => sum + each, 0)).toBe(24 * bottom);
      const text = JSON.stringify(widgets);
      for (const type of ["sqs/queue:Queue", "lambda/function:Function", "ecs/cluster:Cluster"]) {
        for (const { inputs } of all(graph(variant), type)) {
          expect(text).toContain(textAt(inputs, "name"));
        }
      }
    },
  );
});

describe("what is deployed is what the rest reckons with", () => {
  it("the function's memory, by which sources are sent to their lane, and its price", () => {
    const fn = all(graph("production"), "lambda/function:Function").find(
      (each) => each.name === "ConsumeFunction",
    );
    const mib = numberAt(fn?.inputs, "memorySize");
    expect(mib * 1024 * 1024).toBe(FUNCTION_BYTES);
    expect(mib / 1024).toBe(FUNCTION.gib);
  });

  it("how late S3 may apply a write that was given up, which an invalidation must follow", () => {
    expect(INVALIDATE.lateWriteSeconds).toBe(LATE_WRITE_SECONDS);
  });

  it("from when on an alarm is on, which status calls trouble", () => {
    expect(ALARM_AGE_SECONDS).toEqual({
      small: ALARMS.smallAgeSeconds,
      large: ALARMS.largeAgeSeconds,
    });
    expect(ALARM_IDLE_SECONDS).toBe(ALARMS.noTaskMinutes * 60);
  });

  it("where the manifests are, whose events the catalog gets", () => {
    const notification = all(
      graph("uploads and catalog"),
      "s3/bucketNotification:BucketNotification",
    ).find(({ name }) => name === "RenditionsNotification");
    const prefix = textAt(notification?.inputs, "queues.0.filterPrefix");
    expect(manifestKey(recipe, "a.jpg").startsWith(prefix)).toBe(true);
    expect(prefix).not.toBe("");
  });

  it("the task's size, by which its time is priced", () => {
    const [task] = all(graph("production"), "ecs/taskDefinition:TaskDefinition");
    expect({
      vcpus: Number(textAt(task?.inputs, "cpu")) / 1024,
      gib: Number(textAt(task?.inputs, "memory")) / 1024,
      diskGib: numberAt(task?.inputs, "ephemeralStorage.sizeInGib"),
    }).toEqual(TASK);
  });

  it("the tag by which tombstones expire, and the days that they must stay", () => {
    const rules = all(
      graph("production"),
      "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    ).flatMap(({ inputs }) => listAt(inputs, "rules"));
    const tagged = rules.filter((rule) => at(rule, "filter.tag") !== undefined);
    expect(tagged).toMatchObject([
      {
        status: "Enabled",
        filter: { tag: TOMBSTONE_TAG },
        expiration: { days: TOMBSTONE_MS / DAY_MS },
      },
    ]);
  });
});

describe("docs/deploy.md", () => {
  const docs = readFileSync(join(ROOT, "docs", "deploy.md"), "utf8");
  const [, ...blocks] = docs.split("```json\n");
  const examples = blocks.map((block): Json => JSON.parse(block.split("```")[0] ?? ""));

  it("has the costs of a month, idle and with uploads", () => {
    const baseline = readFileSync(join(ROOT, "bench", "baselines", "price.json"), "utf8");
    const { figures }: { figures: Record<string, number> } = JSON.parse(baseline);
    const shippedUsd = figures["usd a million, shipped"] ?? Number.NaN;
    const built = graph("production");
    const more = idleUsd(graph("delivered and invalidated"), PRICES) - idleUsd(built, PRICES);
    expect(docs).toContain(`\`delivery.invalidate\` adds $${more.toFixed(2)}`);
    const uploads = idleUsd(graph("uploads and catalog"), PRICES) - idleUsd(built, PRICES) - more;
    expect(docs).toContain(`\`uploads\` adds $${uploads.toFixed(2)}`);
    const table = (heading: string) => docs.slice(docs.indexOf(heading)).split("\n\n")[0];
    expect(table("| an idle month")).toBe(idleTable(built, PRICES));
    expect(table("| a month with")).toBe(monthTable(built, PRICES, shippedUsd));
  });

  it("has a topic of one's own let in whom the fleet's own lets in", () => {
    const [policy] = all(graph("production"), "sns/topicPolicy:TopicPolicy");
    const allowed = listAt(jsonAt(policy?.inputs, "policy"), "Statement").filter(
      (each) => textAt(each, "Effect") === "Allow",
    );
    const lines = allowed.flatMap((each) =>
      texts(at(each, "Principal.0.identifiers")).map((service) => [
        service,
        ...texts(at(each, "Action")),
        ...texts(at(each, "Condition.0.values")),
      ]),
    );
    const documented = listAt({ all: examples.find(Array.isArray) ?? null }, "all");
    const written = documented.flatMap((each) =>
      texts(at(each, "Principal.Service")).map((service) => [
        service,
        ...texts(at(each, "Action")),
        ...texts(at(each, "Condition.StringEquals.aws:SourceAccount")),
      ]),
    );
    expect(written).toEqual(lines);
    expect(written).toHaveLength(3);
  });

  it("has a rendition bucket of one's own expire tombstones as the fleet's own does", () => {
    const rules = all(
      graph("production"),
      "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    ).flatMap(({ inputs }) => listAt(inputs, "rules"));
    const rule = rules.find((each) => textAt(each, "id") === "tombstones");
    const [written] = examples.filter((each) => textAt(each, "ID") === "imagefleet-tombstones");
    expect(written).toEqual({
      ID: "imagefleet-tombstones",
      Status: at(rule, "status"),
      Filter: { Tag: { Key: at(rule, "filter.tag.key"), Value: at(rule, "filter.tag.value") } },
      Expiration: { Days: at(rule, "expiration.days") },
    });
  });
});

function shortened(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/ arn:.*imagefleet-production-(\w+)-\w+/, " $1")).sort();
}
