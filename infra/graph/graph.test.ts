import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { FUNCTION_BYTES } from "@imagefleet/core/plan";
import { FUNCTION, PRICES, TASK } from "@imagefleet/core/prices";
import { TOMBSTONE_MS, TOMBSTONE_TAG } from "@imagefleet/core/store";
import { METRICS as PROGRAMS_METRICS } from "@imagefleet/core/telemetry";
import { readEnv as readConsumeEnv } from "@imagefleet/lambda/consume/env";
import { readEnv as readWorkerEnv } from "@imagefleet/worker/env";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { METRICS } from "../metric-names.ts";
import { evaluate, isInAlarm, type Series } from "./alarm-model.ts";
import { REGION } from "./answers.ts";
import { buildGraph } from "./build.ts";
import { isAllowed, needOf, needOfSst, registered, statementsFor } from "./deploy-role/need.ts";
import { POLICIES, type Statement } from "./deploy-role/policy.ts";
import { deployRoleTemplate } from "./deploy-role/template.ts";
import { NOT_USED, TYPES } from "./deploy-role/types.ts";
import { unexpected } from "./expected.ts";
import { fleetIn } from "./fleet.ts";
import { idleTable, idleUsd } from "./idle.ts";
import { liveEnvironment } from "./live.ts";
import { permissionsPage } from "./permissions/page.ts";
import { ensurePlatform } from "./platform.ts";
import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "./read.ts";
import type { Graph, Json } from "./resource.ts";
import { grants } from "./rules/access.ts";
import { notAllowed } from "./rules/deploy-role.ts";
import { RULES } from "./rules/index.ts";
import { workerEnvironment } from "./rules/worker.ts";
import { buildVariants, type Name, VARIANTS } from "./variants.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** `.sst/platform` is made on the first run. */
const PREPARE_MS = 240_000;
const DAY_MS = 86_400_000;

let graphs: ReadonlyMap<string, Graph>;

beforeAll(async () => {
  await ensurePlatform(ROOT);
  graphs = await buildVariants();
}, PREPARE_MS);
afterEach(() => vi.unstubAllEnvs());

function graph(name: Name): Graph {
  const built = graphs.get(name);
  if (built === undefined) throw new Error(`${name} was not built`);
  return built;
}

describe.each(Object.keys(VARIANTS))("%s", (name) => {
  it.each(Object.entries(RULES))("%s", (_name, rule) => {
    const built = graphs.get(name);
    expect(built && rule(built)).toEqual([]);
  });
});

describe("production", () => {
  it("has the numbers that are written down", () => {
    expect(unexpected(graph("production"))).toEqual([]);
  });

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
      "doctorPolicy",
      "function",
      "functionLogs",
      "largeDlq",
      "largeQueue",
      "operatorPolicy",
      "renditionBucket",
      "smallDlq",
      "smallQueue",
      "smallQueueArn",
      "sourceBucket",
      "viewerPolicy",
      "workerLogs",
    ]);
  });

  it("says where the programs' logs are, and where alarms go", () => {
    const { resources, outputs } = graph("production");
    const called = (name: string) => resources.find((each) => each.name === name)?.inputs["name"];
    expect(outputs["functionLogs"]).toBe(called("ConsumeLogGroup"));
    expect(outputs["workerLogs"]).toBe(called("WorkerLogGroupWorker"));
    expect(outputs["alarmTopicArn"]).toMatch(/:imagefleet-production-Alarms$/);
    expect(graph("sst dev").outputs).not.toHaveProperty("workerLogs");
  });

  it("says what key there is, and that nobody is told of alarms, as it applies", () => {
    expect(graph("encrypted").outputs["keyArn"]).toMatch(/^arn:aws:kms:/);
    expect(graph("production").outputs["alarms"]).toContain("alarmEmails");
    expect(graph("all settings").outputs).not.toHaveProperty("alarms");
  });

  it("has its permissions written down for people, with their reasons", async () => {
    const page = permissionsPage({
      plain: graph("production"),
      encrypted: graph("encrypted"),
      traced: graph("all settings"),
    });
    // `npm test -- --update=all infra/graph/graph.test.ts` writes it anew.
    await expect(page).toMatchFileSnapshot(join(ROOT, "docs", "permissions.md"));
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

  it("draws a dashboard of queues, function and tasks that are there", () => {
    const [dashboard] = all(graph("production"), "cloudwatch/dashboard:Dashboard");
    const widgets = listAt(jsonAt(dashboard?.inputs, "dashboardBody"), "widgets");
    const bottom = Math.max(
      ...widgets.map((each) => numberAt(each, "y") + numberAt(each, "height")),
    );
    const area = widgets.map((each) => numberAt(each, "width") * numberAt(each, "height"));
    // No gap and no overlap: what is drawn is as large as the page.
    expect(area.reduce((sum, each) => sum + each, 0)).toBe(24 * bottom);
    const text = JSON.stringify(widgets);
    for (const type of ["sqs/queue:Queue", "lambda/function:Function", "ecs/cluster:Cluster"]) {
      for (const { inputs } of all(graph("production"), type)) {
        expect(text).toContain(textAt(inputs, "name"));
      }
    }
  });
});

describe("the role that deploys", () => {
  const policies = Object.entries(POLICIES).map(([name, { statements }]) => ({ name, statements }));
  const all = policies.flatMap(({ statements }): readonly Statement[] => statements);
  const deployed = () => [...graphs.values()].filter(({ dev }) => !dev);

  it.each(all)("has no statement that it could do without: $Sid", (without) => {
    const faults = deployed().flatMap((built) =>
      notAllowed(
        built,
        statementsFor(built).filter((each) => each !== without),
      ),
    );
    expect(faults).not.toEqual([]);
  });

  it("has no action that nothing takes", () => {
    const taken = new Set([
      ...deployed().flatMap(({ resources }) =>
        resources.flatMap((each) => needOf({ ...each, retainOnDelete: false }) ?? []),
      ),
      ...deployed().flatMap((built) => needOfSst(built).map(([action]) => action)),
      ...OF_SST_BESIDES,
    ]);
    expect(all.flatMap(({ Action }) => Action).filter((action) => !taken.has(action))).toEqual([]);
  });

  /** Of SST's documented policy, and DescribeRepositories where the repository is there already. */
  const OF_SST_BESIDES = [
    "ecr:DescribeRepositories",
    "s3:GetObjectTagging",
    "s3:PutObjectTagging",
    "ssm:GetParameters",
  ];

  it.each(NOT_USED)("leaves out of what the registry has: $why", ({ actions }) => {
    const registry = Object.values(TYPES).flatMap((type) => type.registry.flatMap(registered));
    expect(registry.filter((action) => actions.test(action ?? ""))).not.toEqual([]);
    const allowed = all.filter(({ Sid }) => Sid !== "Assets" && Sid !== "ReadState");
    const also = allowed.flatMap(({ Action }) => Action).filter((action) => actions.test(action));
    expect(also).toEqual([]);
  });

  it("knows what each type takes by the registry", () => {
    for (const { registry, only = [] } of Object.values(TYPES)) {
      const known = registry.flatMap((each) => registered(each) ?? []);
      expect(only.filter((action) => !known.includes(action))).toEqual([]);
      expect(registry.filter((each) => registered(each) === undefined)).toEqual([]);
    }
  });

  it("touches nothing of another app or stage, and no picture that is kept", () => {
    const built = graph("production");
    const may = (action: string, arn: string) =>
      isAllowed(built, statementsFor(built), action, arn);
    const here = "eu-west-1:123456789012";
    expect(may("sqs:DeleteQueue", `arn:aws:sqs:${here}:imagefleet-production-Small`)).toBe(true);
    expect(may("sqs:DeleteQueue", `arn:aws:sqs:${here}:imagefleet-pr-7-Small`)).toBe(false);
    expect(may("sqs:DeleteQueue", `arn:aws:sqs:${here}:shop-production-Orders`)).toBe(false);
    expect(may("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/Admin")).toBe(false);
    expect(may("s3:PutBucketPolicy", "arn:aws:s3:::my-photos")).toBe(false);
    expect(may("s3:GetObject", "arn:aws:s3:::sst-state-x/app/shop/production.json")).toBe(false);
    expect(may("s3:PutObject", "arn:aws:s3:::sst-state-x/app/imagefleet/pr-7.json")).toBe(false);
    const pictures = "arn:aws:s3:::imagefleet-production-sourcebucket-x";
    for (const action of ["s3:DeleteBucket", "s3:DeleteObject", "s3:GetObject"]) {
      expect(may(action, `${pictures}/photo.jpg`)).toBe(false);
    }
  });

  it("names the stage in each statement, but for those that cannot", () => {
    const without = (text: string) =>
      all.filter((each) => !JSON.stringify(each).includes(text)).map(({ Sid }) => Sid);
    const wide = [
      ...["Bootstrap", "Assets", "Images", "ImagesLogin"],
      ...["ReadMapping", "TaskDefinitions", "Scaling", "ServiceRoles"],
      ...["LookAtNetworks", "NewNetworks", "TagNewNetworks", "LookAtAlarmsAndLogs"],
      "NotificationOfASource",
    ];
    expect(without("<App>")).toEqual(wide);
    expect(without("<Stage>").sort()).toEqual([...wide, "Parameters", "ReadState"].sort());
  });

  it("is a template for CloudFormation, in docs", async () => {
    const template = `${JSON.stringify(deployRoleTemplate(), null, 2)}\n`;
    // `npm test -- --update=all infra/graph/graph.test.ts` writes it anew.
    await expect(template).toMatchFileSnapshot(join(ROOT, "docs", "deploy-role.json"));
    expect(template).not.toMatch(/<[A-Z]/);
    const filled = [...template.matchAll(/\$\{([\w:]+)\}/g)].map(([, name]) => name);
    const known = [
      ...Object.keys(Object(at(JSON.parse(template), "Parameters"))),
      ...["Partition", "Region", "AccountId"].map((name) => `AWS::${name}`),
    ];
    expect(filled.filter((name) => !known.includes(name ?? ""))).toEqual([]);
  });

  it("keeps IAM's limits, with the longest names: 10 policies of 6,144 characters", () => {
    expect(policies.length).toBeLessThanOrEqual(10);
    const longest = "x".repeat(30);
    for (const { statements } of policies) {
      const text = JSON.stringify(statements.map(({ why: _, ...each }) => each));
      expect(text.replaceAll(/<[\w:]+>/g, longest).length).toBeLessThan(6144);
    }
  });

  it("is the one that the workflow takes, and its jobs those that it trusts", () => {
    const workflow = readFileSync(join(ROOT, ".github", "workflows", "deploy.yml"), "utf8");
    const { Jobs } = Object(at(JSON.parse(JSON.stringify(deployRoleTemplate())), "Parameters"));
    expect(Jobs.AllowedValues).toEqual(["environment:production", "pull_request"]);
    expect(workflow).toContain("environment: production");
    expect(workflow).toContain("docs/deploy-role.json");
    const taken = [...workflow.matchAll(/role-to-assume: .* vars\.(\w+)/g)].map(([, role]) => role);
    expect(taken).toEqual(["AWS_DEPLOY_ROLE", "AWS_PREVIEW_ROLE", "AWS_PREVIEW_ROLE"]);
  });
});

describe("what is deployed is what the rest reckons with", () => {
  it("the function's memory, by which sources are sent to their lane, and its price", () => {
    const [fn] = all(graph("production"), "lambda/function:Function");
    const mib = numberAt(fn?.inputs, "memorySize");
    expect(mib * 1024 * 1024).toBe(FUNCTION_BYTES);
    expect(mib / 1024).toBe(FUNCTION.gib);
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

  it("what an idle month costs, as docs/deploy.md says", () => {
    const docs = readFileSync(join(ROOT, "docs", "deploy.md"), "utf8");
    const written = docs.slice(
      docs.indexOf("| an idle month"),
      docs.indexOf("\n\n", docs.indexOf("| an idle month")),
    );
    expect(written).toBe(idleTable(graph("production"), PRICES));
  });

  it.each(Object.keys(VARIANTS))("an idle month within $7, whatever is turned on: %s", (name) => {
    const built = graphs.get(name);
    expect(built && idleUsd(built, PRICES)).toBeLessThanOrEqual(7);
  });
});

describe("metrics", () => {
  const given = (name: Name) => {
    const [fn] = all(graph(name), "lambda/function:Function");
    return variables(at(fn?.inputs, "environment.variables"));
  };
  const searches = (name: Name) => {
    const [dashboard] = all(graph(name), "cloudwatch/dashboard:Dashboard");
    const text = textAt(dashboard?.inputs, "dashboardBody");
    return [...text.matchAll(/SEARCH\('\{(.*?)\} MetricName=\\"(\w+)/g)].map(
      ([, schema = "", metric = ""]) => {
        const [namespace, ...dimensions] = schema.replaceAll('\\"', "").split(",");
        return { namespace, metric, dimensions };
      },
    );
  };

  it("are asked of both programs under the name of the stage, and drawn by it", () => {
    expect(given("a stage of its own")).toMatchObject({
      IMAGEFLEET_METRICS_NAMESPACE: "imagefleet/review-7/Photos",
    });
    const name = "IMAGEFLEET_METRICS_NAMESPACE";
    expect(workerEnvironment(graph("production"))[name]).toBe("imagefleet/production/Photos");
    const found = searches("production");
    expect(new Set(found.map(({ metric }) => metric))).toEqual(new Set(Object.keys(METRICS)));
    for (const { namespace, metric, dimensions } of found) {
      expect(namespace).toBe("imagefleet/production/Photos");
      expect(PROGRAMS_METRICS).toHaveProperty(metric, expect.objectContaining({ dimensions }));
    }
  });

  it("are there where the stage wants them, and not in sst dev, whose lines CloudWatch never sees", () => {
    for (const name of ["all settings", "sst dev"] as const) {
      expect(given(name)).not.toHaveProperty("IMAGEFLEET_METRICS_NAMESPACE");
    }
    expect(searches("all settings")).toEqual([]);
  });

  it("are read by CloudWatch from the programs' lines as they are, with nothing in between", () => {
    const [fn] = all(graph("production"), "lambda/function:Function");
    const [task] = all(graph("production"), "ecs/taskDefinition:TaskDefinition");
    expect(textAt(fn?.inputs, "loggingConfig.logFormat")).toBe("Text");
    const [worker, ...sidecars] = listAt(
      { all: jsonAt(task?.inputs, "containerDefinitions") },
      "all",
    );
    expect(textAt(worker, "logConfiguration.logDriver")).toBe("awslogs");
    expect(sidecars).toEqual([]);
  });

  it("are called as the programs call them", () => {
    const theirs = Object.entries(PROGRAMS_METRICS).map(([name, { dimensions }]) => [
      name,
      dimensions,
    ]);
    expect(METRICS).toEqual(Object.fromEntries(theirs));
  });
});

describe("traces", () => {
  const mayTrace = (name: Name, role: string) =>
    grants(graph(name), role).filter((grant) => grant.startsWith("xray:"));
  const told = (name: Name) => {
    const [fn] = all(graph(name), "lambda/function:Function");
    const given = [
      variables(at(fn?.inputs, "environment.variables")),
      workerEnvironment(graph(name)),
    ];
    return given.map((each) => [each["IMAGEFLEET_TRACES_URL"], each["IMAGEFLEET_TRACES_SHARE"]]);
  };

  it("are asked of nobody by default", () => {
    expect(told("production")).toEqual(Array(2).fill([undefined, undefined]));
    for (const name of ["production", "a bucket that is there"] as const) {
      expect([...mayTrace(name, "ConsumeRole"), ...mayTrace(name, "WorkerTaskRole")]).toEqual([]);
    }
  });

  it("go to X-Ray, which both programs may then write to", () => {
    const url = `https://xray.${REGION}.amazonaws.com/v1/traces`;
    expect(told("all settings")).toEqual(Array(2).fill([url, "0.5"]));
    for (const role of ["ConsumeRole", "WorkerTaskRole"]) {
      expect(mayTrace("all settings", role)).toEqual([
        "xray:PutSpans *",
        "xray:PutSpansForIndexing *",
        "xray:PutTraceSegments *",
      ]);
    }
  });

  it("go to a collector", () => {
    const url = "http://collector.example.com:4318/v1/traces";
    expect(told("a bucket that is there")).toEqual(Array(2).fill([url, "0.05"]));
  });

  it("leave the worker's network by the collector's port, which is open for them alone", () => {
    const ports = (name: Name) =>
      all(graph(name), "ec2/securityGroup:SecurityGroup").flatMap(({ inputs }) =>
        listAt(inputs, "egress").map((each) => [at(each, "fromPort"), at(each, "toPort")]),
      );
    const https = [443, 443];
    expect(ports("production")).toEqual([https]);
    expect(ports("all settings")).toEqual([https]);
    expect(ports("a bucket that is there")).toEqual([https, [4318, 4318]]);
  });
});

describe("the large lane's alarms, with metrics that come late", () => {
  const named = (name: string) => {
    const found = all(graph("production"), "cloudwatch/metricAlarm:MetricAlarm").find(
      (each) => each.name === name,
    );
    if (found === undefined) throw new Error(`there is no alarm ${name}`);
    return found;
  };
  const late = (minutes: number, value: number | undefined, tail: number): Series =>
    Array.from({ length: minutes + tail }, (_, at) => (at < minutes ? value : undefined));

  it.each([0, 1, 2, 3])("%i minutes late", (tail) => {
    // Messages wait, and nothing is in hand: SQS reports no value of it at all.
    const waits = { waiting: late(20, 50, tail), inHand: late(20, undefined, tail) };
    expect(isInAlarm(named("LargeBacklog"), waits)).toBe(true);
    expect(isInAlarm(named("LargeEmpty"), waits)).toBe(false);
    expect(isInAlarm(named("WorkerMissing"), waits)).toBe(true);
    // The last message is in hand.
    const works = { waiting: late(20, 0, tail), inHand: late(20, 1, tail) };
    expect(isInAlarm(named("LargeBacklog"), works)).toBe(true);
    expect(isInAlarm(named("LargeEmpty"), works)).toBe(false);
    expect(isInAlarm(named("WorkerMissing"), works)).toBe(false);
    // All is done.
    const rests = { waiting: late(20, 0, tail), inHand: late(20, undefined, tail) };
    expect(isInAlarm(named("LargeBacklog"), rests)).toBe(false);
    expect(isInAlarm(named("LargeEmpty"), rests)).toBe(true);
    expect(isInAlarm(named("WorkerMissing"), rests)).toBe(false);
  });

  it("would be stuck, were what is late filled in", () => {
    const filled = "waiting + FILL(inHand, 0)";
    const late = { waiting: [50, undefined], inHand: [undefined, undefined] };
    expect(evaluate(filled, late)).toEqual([50, 0]);
    expect(evaluate("waiting + inHand", late)).toEqual([50, undefined]);
  });
});

describe.each([0, 1, 3, 6])(
  "the alarm of crashed letters, looking %i periods further back",
  (longer) => {
    const HOUR = 60;
    /** What happens in a minute: letters that somebody sends, that SQS moves, that somebody takes away. */
    interface Minute {
      readonly sent?: number;
      readonly moved?: number;
      readonly taken?: number;
      readonly read?: boolean;
    }
    interface Reports {
      /** Minutes by which all metrics are late, and by which that of sending is late besides. */
      readonly late?: number;
      readonly sentLate?: number;
      /** Is sending reported as 0 where nothing is sent? */
      readonly zeros?: boolean;
      /** Minutes after which a letter is counted as lying there; -1: the minute before it is counted as sent. */
      readonly seenAfter?: number;
    }

    /** In which minutes is the alarm in ALARM, looked at in every one of three hours? */
    function minutesInAlarm(
      happens: (minute: number) => Minute,
      { late = 0, sentLate = 0, zeros = true, seenAfter = 0 }: Reports = {},
    ): number[] {
      const alarm = all(graph("production"), "cloudwatch/metricAlarm:MetricAlarm").find(
        ({ name }) => name === "LargeCrashed",
      );
      if (alarm === undefined) throw new Error("there is no alarm LargeCrashed");
      const minutes = Array.from({ length: 3 * HOUR }, (_, minute) => happens(minute));
      const lying = minutes.map((_, minute) =>
        minutes
          .slice(0, Math.max(0, minute + 1 - seenAfter))
          .reduce((sum, { sent = 0, moved = 0, taken = 0 }) => sum + sent + moved - taken, 20),
      );
      const waiting = lying.map((letters, minute) => (minutes[minute]?.read ? 0 : letters));
      const sent = minutes.map((each) => each.sent ?? (zeros ? 0 : undefined));
      const known = (series: Series, now: number, late: number) =>
        Array.from({ length: now }, (_, minute) =>
          minute < now - late ? series[minute] : undefined,
        );
      return minutes
        .map((_, minute) => minute)
        .filter((now) => now > HOUR)
        .filter((now) =>
          isInAlarm(
            alarm,
            { waiting: known(waiting, now, late), sent: known(sent, now, late + sentLate) },
            longer,
          ),
        );
    }
    const once = (at: number, what: Minute) => (minute: number) => (minute === at ? what : {});
    const reports: Reports[] = [
      {},
      { zeros: false },
      { late: 2 },
      { late: 3, zeros: false },
      { sentLate: 2 },
      { seenAfter: 1, zeros: false },
      { seenAfter: 2, late: 1 },
      { seenAfter: -1, zeros: false },
    ];

    it.each(reports)("tells of one, within a quarter of an hour: %j", (how) => {
      const [first = Number.NaN] = minutesInAlarm(once(100, { moved: 1 }), how);
      expect(first).toBeGreaterThan(100);
      expect(first).toBeLessThanOrEqual(115);
    });

    it.each(reports)("says nothing of letters that were sent: %j", (how) => {
      expect(minutesInAlarm(once(100, { sent: 7 }), how)).toEqual([]);
      expect(minutesInAlarm((minute) => (minute % 3 === 0 ? { sent: 1 } : {}), how)).toEqual([]);
    });

    it.each(reports)("says nothing when letters are read, or taken away: %j", (how) => {
      expect(minutesInAlarm(once(100, { taken: 12 }), how)).toEqual([]);
      const reads = (minute: number) => ({ read: minute >= 100 && minute < 104 });
      expect(minutesInAlarm(reads, how)).toEqual([]);
    });

    it("tells of those that come between letters that were sent", () => {
      const mixed = (minute: number): Minute => {
        if (minute === 100) return { moved: 4 };
        return minute % 10 === 0 ? { sent: 1 } : {};
      };
      const [first = Number.NaN] = minutesInAlarm(mixed);
      expect(first).toBeGreaterThan(100);
      expect(first).toBeLessThanOrEqual(115);
    });

    it("tells of those that come soon after others were taken away", () => {
      const redriven = (minute: number): Minute =>
        minute === 100 ? { taken: 12 } : minute === 106 ? { moved: 3 } : {};
      const [first = Number.NaN] = minutesInAlarm(redriven);
      expect(first).toBeGreaterThan(106);
      expect(first).toBeLessThanOrEqual(121);
    });

    it("ends, so that it can tell of the next", () => {
      const twice = (minute: number) => (minute === 70 || minute === 150 ? { moved: 1 } : {});
      const told = minutesInAlarm(twice);
      expect(told).not.toContain(149);
      expect(told).toContain(165);
    });
  },
);

describe("what ECS says of tasks", () => {
  const target = (name: Name, rule: string) => {
    const found = all(graph(name), "cloudwatch/eventTarget:EventTarget").find(
      (each) => each.name === `${rule}Target`,
    );
    return told(at(found?.inputs, "inputTransformer") ?? null, NOT_PLACED);
  };
  /** As AWS shows it, with a reason of Fargate's: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html */
  const NOT_PLACED = {
    version: "0",
    id: "ddca6449-b258-46c0-8653-e0e3a6d0468b",
    "detail-type": "ECS Service Action",
    source: "aws.ecs",
    account: "123456789012",
    time: "2019-11-19T19:55:38Z",
    region: "eu-west-1",
    resources: ["arn:aws:ecs:eu-west-1:123456789012:service/default/servicetest"],
    detail: {
      eventType: "ERROR",
      eventName: "SERVICE_TASK_PLACEMENT_FAILURE",
      reason: "RESOURCE:FARGATE",
    },
  };

  it.each(["WorkerNotPlaced", "WorkerDeploymentFailed", "WorkerTaskFailed"])(
    "%s is told as it is, with a sentence for people before it",
    (rule) => {
      const [first, ...others] = Object.entries(target("production", rule));
      expect(first).toEqual(["imagefleet", expect.stringMatching(/^A .*worker.*\. /)]);
      expect(Object.fromEntries(others)).toEqual(NOT_PLACED);
    },
  );

  it("tells which setting to change when there is no capacity", () => {
    const said = (name: Name) => target(name, "WorkerNotPlaced")["imagefleet"];
    expect(said("production")).toContain("at most 1. If the large lane must not wait, raise");
    expect(said("all settings")).toContain("at most 3. If");
    expect(said("its own network and intake")).toMatch(/On-Demand vCPUs .* lower workerTasks/);
    expect(said("its own network and intake")).not.toContain("Spot");
  });
});

describe("what the programs are given is what they read", () => {
  it.each(["production", "all settings", "sst dev"] as const)("the function: %s", (name) => {
    const [fn] = all(graph(name), "lambda/function:Function");
    const given = variables(at(fn?.inputs, "environment.variables"));
    // What Lambda sets besides is not there in `sst dev`.
    only({ ...given, AWS_REGION: REGION });
    const read = readConsumeEnv();
    expect(read).toMatchObject({
      IMAGEFLEET_MAX_RECEIVES: 5,
      memoryMib: numberAt(fn?.inputs, "memorySize"),
    });
    expect(Object.keys(read)).toEqual(expect.arrayContaining(ours(given)));
  });

  it("the function in `sst dev`, whose bridge withholds much of what Lambda sets", async () => {
    const [fn] = all(graph("sst dev"), "lambda/function:Function");
    const env = liveEnvironment(ROOT, variables(at(fn?.inputs, "environment.variables")));
    expect(env).not.toHaveProperty("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    const entry = join(ROOT, "packages/lambda/src/consume/handler.ts");
    const program = `const { handler } = await import(${JSON.stringify(pathToFileURL(entry))});
      process.stdout.write(typeof handler);
      process.exit();`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      // As sst starts it: in the folder of what was bundled, with the recipe beside it.
      { env, cwd: join(ROOT, ".sst", "imagefleet", "Photos") },
    );
    expect(stdout).toBe("function");
  });

  it.each(["production", "all settings"] as const)("the worker: %s", (name) => {
    const given = workerEnvironment(graph(name));
    // The image brings the folder that the task's disk is mounted over.
    only({ ...given, AWS_REGION: REGION, IMAGEFLEET_SCRATCH: scratchOfTheImage() });
    const read = readWorkerEnv();
    expect(read).toMatchObject({
      IMAGEFLEET_MAX_RECEIVES: 5,
      IMAGEFLEET_JOBS: 1,
      IMAGEFLEET_LEASE_SECONDS: 120,
      IMAGEFLEET_SCRATCH: "/scratch",
    });
    expect(Object.keys(read)).toEqual(expect.arrayContaining(ours(given)));
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
    expect(MADE.flatMap((type) => all(graph("a key that is there"), type))).toHaveLength(4);
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

  it("is told of alarms and the budget", () => {
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

describe("a deployment after another", () => {
  /** What pictures are in, or are read with. */
  const holds = (type: string) =>
    /^aws:(s3\/bucket|kms\/key:)/.test(type) && !type.endsWith(":BucketNotification");
  const kept = Object.entries(VARIANTS)
    .filter(([, { stage }]) => stage === "production")
    .map(([name]) => name);
  const pairs = kept.flatMap((earlier) =>
    kept.filter((later) => later !== earlier).map((later) => [earlier, later] as const),
  );

  it.each(pairs)("after %s, %s takes nothing away that pictures are in", (earlier, later) => {
    const stays = new Set(graphs.get(later)?.resources.map(({ type, name }) => `${type} ${name}`));
    const gone = graphs
      .get(earlier)
      ?.resources.filter(({ type, name }) => holds(type) && !stays.has(`${type} ${name}`));
    expect(gone?.filter(({ retainOnDelete }) => !retainOnDelete)).toEqual([]);
  });

  it("is tried where something goes: with another source, other renditions, another encryption", () => {
    const held = (name: Name) => graph(name).resources.filter(({ type }) => holds(type)).length;
    expect(held("production")).toBeGreaterThan(held("a bucket that is there"));
    expect(held("a bucket that is there")).toBeGreaterThan(held("all that can be brought"));
    expect(held("encrypted")).toBeGreaterThan(held("production"));
  });

  it("is the same as before, where nothing was changed, but for what SST draws by lot", async () => {
    const again = fleetIn(await buildGraph(VARIANTS.production), "Photos");
    const steady = ({ resources }: Graph) =>
      JSON.parse(
        JSON.stringify(resources).replaceAll(/(imagefleet-production-\w+)-[a-z]{8}/g, "$1"),
      );
    expect(again.resources.length).toBeGreaterThan(80);
    expect(steady(again)).toEqual(steady(graph("production")));
  });
});

describe("settings", () => {
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
    const built = graph("all settings");
    const [mapping] = all(built, "lambda/eventSourceMapping:EventSourceMapping");
    const [target] = all(built, "appautoscaling/target:Target");
    expect(numberAt(mapping?.inputs, "scalingConfig.maximumConcurrency")).toBe(50);
    expect(numberAt(target?.inputs, "maxCapacity")).toBe(30);
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
      { Effect: "Allow", Action: ["s3:GetObject"], Condition },
      { Effect: "Allow", Action: ["kms:Decrypt"], Condition },
    ]);
    expect(texts(at(allowed[0], "Resource"))).toEqual([
      expect.stringMatching(/renditionsbucket.*\/\*$/),
    ]);
    const policies = all(graph("production"), "s3/bucketPolicy:BucketPolicy");
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

describe("sst dev", () => {
  it("has live code and its own worker, no task and nobody to wake", () => {
    const built = graph("sst dev");
    expect(all(built, "ecs/taskDefinition:TaskDefinition")).toEqual([]);
    expect(all(built, "cloudwatch/metricAlarm:MetricAlarm")).toEqual([]);
    const [fn] = all(built, "lambda/function:Function");
    expect(textAt(fn?.inputs, "description")).toMatch(/\(live\)$/);
    expect(built.functions).toMatchObject([{ id: "Consume" }]);
  });
});

describe("docs/deploy.md", () => {
  const docs = readFileSync(join(ROOT, "docs", "deploy.md"), "utf8");
  const [, ...blocks] = docs.split("```json\n");
  const examples = blocks.map((block): Json => JSON.parse(block.split("```")[0] ?? ""));

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

/** What EventBridge sends a target of an event. */
function told(transformer: Json, event: Json): Record<string, Json> {
  const template = textAt(transformer, "inputTemplate").replaceAll(/<(\w+)>/g, (_, variable) =>
    JSON.stringify(at(event, textAt(transformer, `inputPaths.${variable}`).replace("$.", ""))),
  );
  const sent: Record<string, Json> = JSON.parse(template);
  return sent;
}

function shortened(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/ arn:.*imagefleet-production-(\w+)-\w+/, " $1")).sort();
}

function variables(from: unknown): Record<string, string> {
  const pairs = Object.entries(from ?? {}).flatMap(([name, value]) =>
    texts(value).map((text) => [name, text] as const),
  );
  return Object.fromEntries(pairs);
}

function ours(given: Readonly<Record<string, string>>): string[] {
  return Object.keys(given).filter((name) => name.startsWith("IMAGEFLEET_"));
}

/** Nothing of this machine's own is left to fill a gap. */
function only(given: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (/^(IMAGEFLEET|AWS)_/.test(name)) vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
}

function scratchOfTheImage(): string {
  const file = readFileSync(join(ROOT, "docker", "worker.Dockerfile"), "utf8");
  const [, folder = ""] = /IMAGEFLEET_SCRATCH=(\S+)/.exec(file) ?? [];
  expect(file).toContain(`VOLUME ${folder}`);
  return folder;
}
