import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namesOf, RESOURCE_NAMES } from "../../packages/cli/src/connection/names.ts";
import { ensurePlatform } from "../../scripts/sst/platform.ts";
import { ACCOUNT, REGION } from "./answers.ts";
import { makeApp } from "./app.ts";
import { buildGraph } from "./build.ts";
import { fleetIn } from "./fleet.ts";
import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "./read.ts";
import type { Graph, Resource } from "./resource.ts";
import { grants } from "./rules/access.ts";
import { RULES } from "./rules/index.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PREPARE_MS = 240_000;

/** Of an app of this repository: another tags as it likes, and brings the function's program built. */
const OF_OUR_APP = ["everything is tagged", "every handler exists"];

/** The configuration of an app with two fleets. */
function shop(fleets: string): string {
  return `export default $config({
  app: ({ stage }) => ({
    name: "shop",
    home: "aws",
    removal: "retain",
    protect: stage === "production",
    providers: { aws: { region: "eu-west-1" } },
  }),
  async run() {
    const { Imagefleet } = await import("@imagefleet/sst");
${fleets}
    return { Photos: photos.outputs, Avatars: avatars.outputs };
  },
});`;
}

const TWO_FLEETS = shop(`
    const photos = new Imagefleet("Photos", { recipe: "recipe.ts" });
    const avatars = new Imagefleet("Avatars", {
      recipe: "recipe.ts",
      encryption: "kms",
      network: { cidr: "10.30.0.0/16" },
      transform: {
        worker: (args) => {
          args.cpu = "4 vCPU";
          args.memory = "8 GB";
        },
        function: { description: "Avatars of the shop" },
      },
    });
`);

const THEIR_BUCKETS = shop(`
    const photos = new Imagefleet("Photos", {
      recipe: "recipe.ts",
      source: { bucket: "shop-uploads", notifications: "eventbridge" },
      transform: {
        queue: { delay: "5 seconds" },
        bucket: (args, _options, name) => {
          if (name === "PhotosRenditions") args.versioning = true;
        },
      },
    });
    const avatars = new Imagefleet("Avatars", {
      recipe: "recipe.ts",
      source: { bucket: "shop-faces", notifications: "replace" },
      network: { cidr: "10.30.0.0/16" },
      transform: {
        queue: (args, _options, name) => {
          if (name === "AvatarsLargeDlq") args.delay = "9 seconds";
        },
      },
    });
`);

const roots: string[] = [];
let existing: Graph;
let two: Graph;
let theirs: Graph;

beforeAll(async () => {
  await ensurePlatform(ROOT);
  roots.push(await makeApp(), await makeApp(TWO_FLEETS), await makeApp(THEIR_BUCKETS));
  const [first = "", second = "", third = ""] = roots;
  const stage = { stage: "production" };
  [existing, two] = await Promise.all([buildGraph(stage, first), buildGraph(stage, second)]);
  theirs = await buildGraph(stage, third);
}, PREPARE_MS);
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

describe("an app with a bucket and a network of its own", () => {
  it.each(Object.entries(RULES).filter(([name]) => !OF_OUR_APP.includes(name)))(
    "%s",
    (_name, rule) => {
      expect(rule(fleetIn(existing, "Photos"))).toEqual([]);
    },
  );

  it("brings the function's program along", () => {
    const [consume] = existing.functions.filter(({ id }) => id === "PhotosConsume");
    const [path, name] = consume?.handler.split(".handler") ?? [];
    expect(name).toBe("");
    expect(existsSync(join(roots[0] ?? "", `${path}.mjs`))).toBe(true);
  });

  it("keeps its bucket as it is, but for the notification", () => {
    const [uploads] = all(existing, "s3/bucket:Bucket").filter(({ name }) =>
      name.startsWith("Uploads"),
    );
    const touched = fleetIn(existing, "Photos").resources.filter(
      ({ inputs }) => inputs["bucket"] === uploads?.inputs["bucket"],
    );
    expect(touched.map(({ name }) => name)).toEqual(["SourceNotification"]);
    expect(existing.outputs["sourceBucket"]).toBe(uploads?.inputs["bucket"]);
  });

  it("runs the worker in its network, and makes none", () => {
    const [vpc] = all(existing, "ec2/vpc:Vpc");
    expect(all(existing, "ec2/vpc:Vpc")).toHaveLength(1);
    expect(vpc?.name).toBe("NetworkVpc");
    const [service] = all(existing, "ecs/service:Service");
    expect(at(service?.inputs, "networkConfiguration.subnets")).toEqual(
      all(existing, "ec2/subnet:Subnet")
        .filter(({ name }) => name.startsWith("NetworkPublic"))
        .map(({ name }) => `${name}-id`),
    );
  });

  it("links its own function to the fleet: names, uploads and renditions, and no more", () => {
    const [upload] = existing.functions.filter(({ id }) => id === "Upload");
    expect(at(upload?.links, "Photos")).toMatchObject({
      sourceBucket: existing.outputs["sourceBucket"],
      renditionBucket: existing.outputs["renditionBucket"],
      smallQueue: existing.outputs["smallQueue"],
      largeDlq: existing.outputs["largeDlq"],
    });
    expect(grants(existing, "UploadRole").sort()).toEqual([
      `s3:GetObject arn:aws:s3:::${existing.outputs["renditionBucket"]}/*`,
      `s3:PutObject arn:aws:s3:::${existing.outputs["sourceBucket"]}/*`,
    ]);
  });
});

describe("the command line knows the fleet", () => {
  const known = (link: object) =>
    Object.entries(namesOf({}, { SST_RESOURCE_Photos: JSON.stringify(link) })).map(
      ([resource, { value }]) => [resource, value],
    );
  const outputs = () => RESOURCE_NAMES.map((resource) => [resource, existing.outputs[resource]]);

  it("under sst shell, which finds it by a LinkRef of the registered type", () => {
    const fleet = existing.resources.find(({ name }) => name === "Photos");
    const ref = existing.resources.find(({ name }) => name === "PhotosLinkRef");
    const properties = at(ref?.inputs, "properties");
    const type = fleet?.type.replaceAll(":", ".");
    expect(known({ ...Object(properties), type })).toEqual(outputs());
  });

  it("in a function that is linked to it", () => {
    const [upload] = existing.functions.filter(({ id }) => id === "Upload");
    expect(known(Object(at(upload?.links, "Photos")))).toEqual(outputs());
  });
});

const FLEETS = ["Photos", "Avatars"] as const;

describe.each([
  ["buckets of their own", () => two],
  ["buckets that were there before", () => theirs],
])("two fleets in one app, with %s", (_buckets, app) => {
  it.each(FLEETS)("%s keeps the rules", (name) => {
    const built = fleetIn(app(), name);
    const broken = Object.entries(RULES)
      .filter(([rule]) => !OF_OUR_APP.includes(rule))
      .flatMap(([rule, check]) => check(built).map((line) => `${rule}: ${line}`));
    expect(broken).toEqual([]);
  });

  it("share no name in AWS, and neither says the other's", () => {
    const named = app().resources.flatMap(({ type, inputs }) =>
      ["name", "bucket", "dashboardName", "family"]
        .map((field) => textAt(inputs, field))
        .filter((text) => text !== "" && !type.startsWith("aws:s3/bucket"))
        .map((text) => `${type} ${text}`),
    );
    expect(named.length).toBeGreaterThan(80);
    expect(new Set(named).size).toBe(named.length);
    expect(JSON.stringify(partsOf(app(), "Avatars"))).not.toMatch(/photos|shop-uploads/i);
    expect(JSON.stringify(partsOf(app(), "Photos"))).not.toMatch(/avatars|shop-faces/i);
  });
});

describe("two fleets with buckets of their own", () => {
  it("are all that there is, each as large as the other, but for the key", () => {
    const [photos = [], avatars = []] = FLEETS.map((name) => partsOf(two, name));
    expect(photos.length).toBeGreaterThan(80);
    expect(avatars.length).toBe(photos.length + 1);
    const others = two.resources.filter(
      ({ name, type }) => !FLEETS.some((each) => name.startsWith(each)) && type.startsWith("aws:"),
    );
    expect(others).toEqual([]);
  });

  it("are transformed alone: fields of an object, and what a function changes", () => {
    const made = FLEETS.map((name) => {
      const called = (part: string) => two.resources.find((each) => each.name === name + part);
      const task = called("WorkerTask")?.inputs;
      const consume = called("ConsumeFunction")?.inputs;
      return [at(task, "cpu"), at(task, "memory"), at(consume, "description")];
    });
    expect(made).toEqual([
      ["2048", "4096", "Imagefleet: the small lane, ten messages a batch"],
      ["4096", "8192", "Avatars of the shop"],
    ]);
  });
});

describe("two fleets with buckets that were there before", () => {
  const ofType = (name: string, type: string) => all(fleetIn(theirs, name), type);
  const smallQueue = (name: string) => {
    const url = textAt(fleetIn(theirs, name).outputs, "smallQueue");
    return `arn:aws:sqs:${REGION}:${ACCOUNT}:${url.split("/").at(-1)}`;
  };
  /** Who may send to a fleet's small lane: which service, and for which resource. */
  const senders = (name: string) => {
    const [policy] = ofType(name, "sqs/queuePolicy:QueuePolicy").filter(
      (each) => each.name === "SmallPolicy",
    );
    return listAt(jsonAt(policy?.inputs, "policy"), "Statement")
      .filter((each) => at(each, "Effect") === "Allow")
      .map((each) => [
        at(each, "Principal.0.identifiers.0"),
        at(each, "Action.0"),
        at(each, "Resource.0"),
        at(each, "Condition.0.values.0"),
      ]);
  };

  it("receives events by an EventBridge rule, and does not change the bucket", () => {
    expect(ofType("Photos", "s3/bucketNotification:BucketNotification")).toEqual([]);
    const [rule, ...others] = ofType("Photos", "cloudwatch/eventRule:EventRule").filter(
      ({ inputs }) => texts(at(jsonAt(inputs, "eventPattern"), "source")).includes("aws.s3"),
    );
    expect(others).toEqual([]);
    expect(jsonAt(rule?.inputs, "eventPattern")).toMatchObject({
      "detail-type": ["Object Created", "Object Deleted", "Object Restore Completed"],
      detail: { bucket: { name: ["shop-uploads"] } },
    });
    const ruleName = textAt(rule?.inputs, "name");
    const targets = ofType("Photos", "cloudwatch/eventTarget:EventTarget").filter(
      ({ inputs }) => inputs["rule"] === ruleName,
    );
    expect(targets.map(({ inputs }) => inputs["arn"])).toEqual([smallQueue("Photos")]);
    const ruleArn = `arn:aws:events:${REGION}:${ACCOUNT}:rule/${ruleName}`;
    expect(senders("Photos")).toEqual([
      ["events.amazonaws.com", "sqs:SendMessage", smallQueue("Photos"), ruleArn],
    ]);
  });

  it("the other replaces its bucket's notification, and has no such rule", () => {
    const patterns = ofType("Avatars", "cloudwatch/eventRule:EventRule").map(({ inputs }) =>
      textAt(inputs, "eventPattern"),
    );
    expect(patterns.filter((pattern) => pattern.includes("aws.s3"))).toEqual([]);
    expect(ofType("Avatars", "s3/bucketNotification:BucketNotification")).toMatchObject([
      { inputs: { bucket: "shop-faces", queues: [{ queueArn: smallQueue("Avatars") }] } },
    ]);
    expect(senders("Avatars")).toEqual([
      ["s3.amazonaws.com", "sqs:SendMessage", smallQueue("Avatars"), "arn:aws:s3:::shop-faces"],
    ]);
  });

  it("are transformed alone, in the queues and buckets that they name", () => {
    const delays = (name: string) =>
      ofType(name, "sqs/queue:Queue")
        .filter(({ inputs }) => numberAt(inputs, "delaySeconds") > 0)
        .map((each) => `${each.name} ${numberAt(each.inputs, "delaySeconds")}`)
        .sort();
    const ofPhotos = ["LargeDlqQueue 5", "LargeQueue 5", "SmallDlqQueue 5", "SmallQueue 5"];
    expect(delays("Photos")).toEqual(ofPhotos);
    expect(delays("Avatars")).toEqual(["LargeDlqQueue 9"]);
    const versioned = (name: string) =>
      ofType(name, "s3/bucketVersioning:BucketVersioning").map((each) => each.name);
    expect(FLEETS.map(versioned)).toEqual([["RenditionsVersioning"], []]);
  });
});

function partsOf(app: Graph, name: string): readonly Resource[] {
  return app.resources.filter((each) => each.name.startsWith(name));
}
