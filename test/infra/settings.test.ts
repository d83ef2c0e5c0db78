import { readFileSync } from "node:fs";
import { PRICES } from "@imagefleet/core/prices";
import { describe, expect, it } from "vitest";
import { pollerRows } from "./month.ts";
import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "./read.ts";
import { grants } from "./rules/access.ts";
import { workerEnvironment } from "./rules/worker.ts";
import { graphsOf } from "./variants.ts";

const graph = graphsOf(
  "production",
  "a bucket that is there",
  "all settings",
  "its own network and intake",
  "all that can be brought",
  "a key that is there",
  "replicated",
  "not delivered",
);
type Name = Parameters<typeof graph>[0];

describe("settings", () => {
  it("reports in the outputs the key, and that alarms have no subscriber", () => {
    expect(graph("all settings").outputs["keyArn"]).toMatch(/^arn:aws:kms:/);
    expect(graph("production").outputs["alarms"]).toContain("alarmEmails");
    expect(graph("all settings").outputs).not.toHaveProperty("alarms");
  });

  it("make a key that turns, mail addresses, a budget", () => {
    const built = graph("all settings");
    expect(all(built, "kms/key:Key")).toMatchObject([
      { retainOnDelete: true, inputs: { enableKeyRotation: true, deletionWindowInDays: 30 } },
    ]);
    const mails = all(built, "sns/topicSubscription:TopicSubscription");
    expect(mails.map(({ inputs }) => inputs["endpoint"]).sort()).toEqual([
      "oncall@example.com",
      "photos@example.com",
    ]);
    expect(all(built, "budgets/budget:Budget")).toMatchObject([
      {
        inputs: {
          limitAmount: "200",
          limitUnit: "USD",
          timeUnit: "MONTHLY",
          notifications: [
            { threshold: 80, notificationType: "ACTUAL" },
            { threshold: 100, notificationType: "FORECASTED" },
          ],
        },
      },
    ]);
  });

  it("set how much runs at once", () => {
    const mapping = (name: Name) =>
      all(graph(name), "lambda/eventSourceMapping:EventSourceMapping").find(
        (each) => each.name === "ConsumeMapping",
      )?.inputs;
    const [target] = all(graph("all settings"), "appautoscaling/target:Target");
    expect(mapping("all settings")).toMatchObject({ scalingConfig: { maximumConcurrency: 50 } });
    expect(numberAt(target?.inputs, "maxCapacity")).toBe(30);
    const pollers = { minimumPollers: 3, maximumPollers: 40 };
    expect(mapping("its own network and intake")).toMatchObject({
      provisionedPollerConfig: pollers,
    });
    expect(mapping("its own network and intake")).not.toHaveProperty("scalingConfig");
  });

  it("have the price of a poller, and of its polls, in docs/deploy.md", () => {
    const rows = pollerRows(graph("its own network and intake"), PRICES);
    const [hours, polls] = rows.map(([, usd]) => `$${(usd / 3).toFixed(2)}`);
    const docs = readFileSync(new URL("../../docs/deploy.md", import.meta.url), "utf8");
    expect(docs).toContain(`Each of the \`pollers\` costs ${hours} a month`);
    expect(docs).toContain(`its own long polls at most ${polls}`);
    expect(pollerRows(graph("production"), PRICES)).toEqual([]);
  });

  it("say which tasks run on demand, and which on Spot", () => {
    const strategy = (name: Name) =>
      at(all(graph(name), "ecs/service:Service")[0]?.inputs, "capacityProviderStrategies");
    const spot = { capacityProvider: "FARGATE_SPOT", weight: 1 };
    expect(strategy("production")).toEqual([
      { capacityProvider: "FARGATE", base: 1, weight: 0 },
      spot,
    ]);
    expect(strategy("all settings")).toEqual([
      { capacityProvider: "FARGATE", base: 3, weight: 0 },
      spot,
    ]);
    expect(strategy("its own network and intake")).toEqual([
      { capacityProvider: "FARGATE", weight: 1 },
    ]);
  });

  it("let one distribution read renditions, and their key, and nobody else's", () => {
    const built = graph("all settings");
    const [bucket] = all(built, "s3/bucketPolicy:BucketPolicy").map(({ inputs }) =>
      listAt(jsonAt(inputs, "policy"), "Statement"),
    );
    const key = listAt(jsonAt(all(built, "kms/key:Key")[0]?.inputs, "policy"), "Statement");
    const allowed = [...(bucket ?? []), ...key].filter((each) =>
      JSON.stringify(at(each, "Principal"))?.includes("cloudfront.amazonaws.com"),
    );
    const Condition = [
      {
        test: "StringEquals",
        variable: "aws:SourceArn",
        values: ["arn:aws:cloudfront::123456789012:distribution/E1ABC"],
      },
    ];
    expect(allowed).toMatchObject([
      { Effect: "Allow", Action: ["s3:GetObject", "s3:ListBucket"], Condition },
      { Effect: "Allow", Action: ["kms:Decrypt"], Condition },
    ]);
    expect(texts(at(allowed[0], "Resource"))).toEqual([
      expect.stringMatching(/renditionsbucket-[a-z]{8}$/),
      expect.stringMatching(/renditionsbucket-[a-z]{8}\/\*$/),
    ]);
    const policies = all(graph("not delivered"), "s3/bucketPolicy:BucketPolicy");
    expect(JSON.stringify(policies)).not.toContain("cloudfront");
  });

  it("replicate what is versioned, once it is", () => {
    const [replication] = all(
      graph("replicated"),
      "s3/bucketReplicationConfig:BucketReplicationConfig",
    );
    expect(replication?.dependsOn).toContain("SourceVersioning");
    expect(textAt(replication?.inputs, "rules.0.destination.bucket")).toBe("arn:aws:s3:::far-away");
  });
});

describe("a bucket that is there", () => {
  it("stays as it is, but for its notification", () => {
    const touched = graph("a bucket that is there").resources.filter(
      ({ inputs }) => inputs["bucket"] === "my-photos",
    );
    expect(touched.map(({ name }) => name)).toEqual(["SourceNotification"]);
  });

  it("is left alone where its owner sets the notification by hand", () => {
    const { resources } = graph("all settings");
    expect(resources.filter(({ inputs }) => inputs["bucket"] === "my-photos")).toEqual([]);
  });

  it("is the one that the lane listens to, and the one that is read, with its key", () => {
    const built = graph("all settings");
    const policy = all(built, "sqs/queuePolicy:QueuePolicy").find(
      ({ name }) => name === "SmallPolicy",
    );
    expect(textAt(policy?.inputs, "policy")).toContain("arn:aws:s3:::my-photos");
    const granted = grants(built, "ConsumeRole");
    expect(granted).toContain("s3:GetObject arn:aws:s3:::my-photos/*");
    expect(granted).toContain("kms:Decrypt arn:aws:kms:eu-west-1:123456789012:key/theirs");
    expect(granted.filter((each) => each.startsWith("kms:GenerateDataKey"))).toHaveLength(1);
  });
});

describe("what a stage brings of its own", () => {
  const built = () => graph("all that can be brought");
  const MADE = ["s3/bucket:Bucket", "kms/key:Key", "sns/topic:Topic", "ec2/vpc:Vpc"];

  it("is not made once more", () => {
    expect(MADE.flatMap((type) => all(built(), type))).toEqual([]);
    expect(MADE.flatMap((type) => all(graph("a key that is there"), type))).toHaveLength(5);
    expect(all(graph("a key that is there"), "kms/key:Key")).toEqual([]);
  });

  it("is left as it is", () => {
    const theirs = ["my-photos", "my-renditions"];
    const touched = built().resources.filter(({ inputs }) =>
      theirs.includes(String(inputs["bucket"])),
    );
    expect(touched).toEqual([]);
    expect(all(built(), "sns/topicPolicy:TopicPolicy")).toEqual([]);
  });

  it("is what the programs are given, and may use, with its key", () => {
    expect(workerEnvironment(built())).toMatchObject({
      IMAGEFLEET_SOURCE_BUCKETS: "my-photos",
      IMAGEFLEET_RENDITION_BUCKET: "my-renditions",
    });
    for (const role of ["ConsumeRole", "WorkerTaskRole"]) {
      expect(grants(built(), role)).toEqual(
        expect.arrayContaining([
          "s3:PutObject arn:aws:s3:::my-renditions/*",
          "kms:GenerateDataKey arn:aws:kms:eu-west-1:123456789012:key/theirs",
        ]),
      );
    }
    const key = "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId";
    const type =
      "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    expect(all(graph("a key that is there"), type).map((each) => at(each.inputs, key))).toEqual(
      Array(2).fill("arn:aws:kms:eu-west-1:123456789012:key/mine"),
    );
  });

  it("gets alarms and the budget", () => {
    const pager = ["arn:aws:sns:eu-west-1:123456789012:pager"];
    const [budget] = all(built(), "budgets/budget:Budget");
    expect(at(budget?.inputs, "notifications.0.subscriberSnsTopicArns")).toEqual(pager);
    expect(built().outputs["alarmTopicArn"]).toBe(pager[0]);
    expect(built().outputs).not.toHaveProperty("alarms");
  });

  it("bounds, names and tags every role, those of SST's components too", () => {
    const roles = all(built(), "iam/role:Role");
    expect(roles.length).toBeGreaterThan(3);
    for (const { inputs } of roles) {
      expect(inputs).toMatchObject({
        name: expect.stringMatching(/^platform-imagefleet-production-.{1,64}$/),
        permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
        tags: { owner: "photos" },
      });
      expect(textAt(inputs, "name").length).toBeLessThanOrEqual(64);
    }
    for (const { inputs } of all(built(), "iam/policy:Policy")) {
      expect(textAt(inputs, "name")).toMatch(/^platform-/);
    }
    expect(JSON.stringify(all(graph("production"), "iam/role:Role"))).not.toContain("boundary");
  });
});
