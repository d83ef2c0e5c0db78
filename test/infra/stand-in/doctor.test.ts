import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { asEnvironment } from "@imagefleet/local/credentials";
import { callOf } from "@imagefleet/local/fault-proxy";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type DataFolder,
  openDataFolder,
} from "../../../packages/cli/src/connection/data-folder.ts";
import { RESOLVE_LOCALLY } from "../../../packages/cli/src/connection/fixtures/resolve-locally.ts";
import { Cli, run } from "../../../packages/cli/src/fixtures/cli.ts";
import { ensurePlatform } from "../../../scripts/sst/platform.ts";
import { asFile, CallRecorder, recordedFile } from "../../permissions/index.ts";
import { buildGraph } from "../build.ts";
import { listAt, textAt, texts } from "../read.ts";
import type { Graph, Json } from "../resource.ts";
import { viewersAt } from "./cloudfront.ts";
import { ACCOUNT_AS_NEEDED } from "./deployed-state.ts";
import { needOf } from "./needs.ts";
import { type ReceivedCall, StandIn } from "./server.ts";
import { queueUrl } from "./stores.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PREPARE_MS = 240_000;
const SETTINGS = {
  app: "imagefleet",
  region: "eu-west-1",
  encryption: "kms",
  delivery: { invalidate: true },
  uploads: { authorizer: { jwt: { issuer: "https://login.example.com", audiences: ["photos"] } } },
} as const;
const RECIPE = `export default ${JSON.stringify({
  delivery: { adhoc: {} },
  // The large lane's picture is just above it. With the default, 20 MiB would go through the fleet in each test.
  lanes: { smallBytes: 200_000 },
  presets: { thumb: "16x16", tail: { size: "20x20", when: "request" } },
})};\n`;
const THEIRS = { bucket: "my-photos", notifications: "eventbridge" } as const;
const BY_RULE = { ...SETTINGS, source: THEIRS, pollers: { min: 2, max: 5 } } as const;
const LOCAL = {
  sourceBucket: "imagefleet-source",
  renditionBucket: "imagefleet-renditions",
  smallQueue: "imagefleet-small",
  smallDlq: "imagefleet-small-dlq",
  largeQueue: "imagefleet-large",
  largeDlq: "imagefleet-large-dlq",
} as const;

let folder: string;
let data: DataFolder;
let fleet: Fleet;
let whole: Graph;
let byRule: Graph;
let recorder: CallRecorder;

beforeAll(async () => {
  await ensurePlatform(ROOT);
  folder = await mkdtemp(join(tmpdir(), "imagefleet-doctor-"));
  const recipe = join(folder, "recipe.mjs");
  await writeFile(recipe, RECIPE);
  data = await openDataFolder(join(folder, "data"), false);
  fleet = await startFleet({ dataDir: data.fleet, port: 0, recipe: pathToFileURL(recipe) });
  await data.announce(fleet);
  // One after the other: both are built in one folder.
  whole = await graphOf(SETTINGS);
  byRule = await graphOf(BY_RULE);
  recorder = recorderOf([whole, byRule]);
}, PREPARE_MS);
afterAll(async () => {
  await fleet?.stop();
  await data?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A stage whose secret is the key that the edge of this machine knows. */
async function graphOf(settings: object): Promise<Graph> {
  const graph = await buildGraph({ stage: "production", settings, recipe: RECIPE });
  const resourceKeyValuePairs = [{ key: "key.local", value: fleet.credentials.secretAccessKey }];
  return withInputs(graph, "AcceptedKeys", (inputs) => ({ ...inputs, resourceKeyValuePairs }));
}

/** The name of a resource by an output that is its name or URL. */
function nameIn(graph: Graph, output: string): string {
  const text = textAt(graph.outputs, output);
  return text.slice(text.lastIndexOf("/") + 1);
}

/** Writes down what every run of this file must be allowed to do. */
async function record(call: ReceivedCall): Promise<void> {
  const { service, request, body } = call;
  if (["s3", "sqs", "monitoring"].includes(service)) {
    const read = async () => body;
    return recorder.observe(await callOf(request, read), request, read);
  }
  const need = needOf(call);
  if (need !== undefined) recorder.add("somebody", need);
}

function recorderOf(graphs: readonly Graph[]): CallRecorder {
  const bucket = (output: string, as: { as: string; part?: string }) =>
    graphs.map((graph) => [nameIn(graph, output), { prefix: "", ...as }] as const);
  const queue = (output: string, name: string) =>
    graphs.map((graph) => [nameIn(graph, output), name] as const);
  return new CallRecorder({
    buckets: Object.fromEntries([
      ...bucket("sourceBucket", { as: "source", part: "imagefleet-doctor/" }),
      ...bucket("renditionBucket", { as: "renditions" }),
    ]),
    queues: Object.fromEntries([
      ...queue("smallQueue", "small"),
      ...queue("smallDlq", "small-dlq"),
      ...queue("largeQueue", "large"),
      ...queue("largeDlq", "large-dlq"),
    ]),
  });
}

/** AWS with a graph deployed, before the fleet on this machine. */
function deployed(graph: Graph): Promise<StandIn> {
  const names = Object.entries(LOCAL).map(
    ([output, there]) => [nameIn(graph, output), there] as const,
  );
  const servers = [queueUrl(""), `${fleet.endpoint}/000000000000/`] as const;
  const { endpoint, credentials, edge } = fleet;
  const behind = { endpoint, credentials, names: new Map([...names, servers]), edge: edge.url };
  return StandIn.start(behind, ACCOUNT_AS_NEEDED).then((standIn) => {
    standIn.graph = graph;
    standIn.onCall = record;
    return standIn;
  });
}

function args(standIn: StandIn, ...more: string[]): string[] {
  const at = ["--endpoint", standIn.endpoint, "--data", folder, "--recipe", "recipe.mjs"];
  return ["doctor", "--stage", "production", "--json", ...at, ...more];
}

function environment(settings: object, standIn: StandIn) {
  const { NODE_OPTIONS } = RESOLVE_LOCALLY;
  const loopback = standIn.endpoint.replace("servers", "127.0.0.1");
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    AWS_ACCESS_KEY_ID: "somebody",
    AWS_SECRET_ACCESS_KEY: "local",
    IMAGEFLEET_SETTINGS: JSON.stringify(settings),
    IMAGEFLEET_API_URL: "https://abc123.execute-api.eu-west-1.amazonaws.com",
    IMAGEFLEET_SIGNING_KEY: `local:${fleet.credentials.secretAccessKey}`,
    NODE_OPTIONS: `${NODE_OPTIONS} ${viewersAt(loopback)}`,
  };
}

interface DoctorOutput {
  readonly checks: readonly { name: string; state: string; message: string; permission?: string }[];
  readonly pictures: readonly { lane: string; renditionsMs: number | null }[];
  readonly alarm: { alarmMs: number | null; overMs: number | null } | null;
}

async function doctor(standIn: StandIn, settings: object = SETTINGS, ...more: string[]) {
  const ended = await run(args(standIn, ...more), {
    cwd: folder,
    env: environment(settings, standIn),
  });
  if (ended.stdout === "") throw new Error(ended.stderr);
  const output: DoctorOutput = JSON.parse(ended.stdout);
  const wrong = output.checks.filter(({ state }) => state === "wrong");
  return { ...ended, output, wrong };
}

type Inputs = { [key: string]: Json };
interface Break {
  readonly what: string;
  /** Of the graph: the resource, and what becomes of its inputs; undefined: it is removed. */
  readonly resource: string;
  /** An alarm that is in alarm; the resource is "none". */
  readonly inAlarm?: string;
  readonly change?: (inputs: Inputs) => Inputs;
  /** The name of the one check that finds it, and what it says. */
  readonly name: string;
  readonly says: RegExp;
  readonly graph?: "by rule";
}

const BREAKS: readonly Break[] = [
  {
    what: "the queue policy is gone",
    resource: "SmallPolicy",
    name: "queue policy of the small lane",
    says: /does not let s3\.amazonaws\.com send/,
  },
  {
    what: "the queue policy names another bucket",
    resource: "SmallPolicy",
    change: ({ policy, ...rest }) => ({
      ...rest,
      policy: String(policy).replaceAll(/arn:aws:s3:::[^"\\]+/g, "arn:aws:s3:::another"),
    }),
    name: "queue policy of the small lane",
    says: /for the bucket imagefleet-production-photossourcebucket/,
  },
  {
    what: "an alarm has no action",
    resource: "LargeDlqDepth",
    change: (inputs) => ({ ...inputs, alarmActions: [] }),
    name: "alarm LargeDlqDepth",
    says: /notifies no one/,
  },
  {
    what: "the alarm that starts tasks is gone",
    resource: "LargeBacklog",
    name: "alarm LargeBacklog",
    says: /does not exist/,
  },
  {
    what: "an alarm of another region has no action",
    resource: "EdgeErrors",
    change: (inputs) => ({ ...inputs, alarmActions: [] }),
    name: "alarm EdgeErrors",
    says: /notifies no one/,
  },
  {
    what: "an alarm of another region is disabled",
    resource: "EdgeErrors",
    change: (inputs) => ({ ...inputs, actionsEnabled: false }),
    name: "alarm EdgeErrors",
    says: /notifies no one/,
  },
  {
    what: "an alarm of another region is in alarm",
    resource: "none",
    inAlarm: "EdgeErrors",
    name: "alarm EdgeErrors",
    says: /is in alarm: .* of CloudFront's answers are 5xx/,
  },
  {
    what: "the alarm of another region is gone",
    resource: "EdgeErrors",
    name: "alarm EdgeErrors",
    says: /does not exist/,
  },
  {
    what: "the alarm of failed invalidations is gone",
    resource: "InvalidateDeadLetters",
    name: "alarm InvalidateDeadLetters",
    says: /does not exist/,
  },
  {
    what: "the edge has no signing key",
    resource: "AcceptedKeys",
    name: "signed size, as viewers request it",
    says: /does not accept the key "local" of IMAGEFLEET_SIGNING_KEY/,
  },
  {
    what: "the edge has another signing key of the same id",
    resource: "AcceptedKeys",
    change: (inputs) => ({
      ...inputs,
      resourceKeyValuePairs: [{ key: "key.local", value: "another" }],
    }),
    name: "signed size, as viewers request it",
    says: /does not accept the key "local" of IMAGEFLEET_SIGNING_KEY/,
  },
  {
    what: "the edge accepts every signature",
    resource: "EdgeRequest",
    change: ({ code, ...rest }) => ({
      ...rest,
      code: String(code).replaceAll("hmac(secret, signature)", "hmac(secret, token[2])"),
    }),
    name: "signed size, as viewers request it",
    says: /answers 200 to an address with a wrong signature/,
  },
  {
    what: "the mapping is disabled",
    resource: "ConsumeMapping",
    change: (inputs) => ({ ...inputs, enabled: false }),
    name: "event source mapping of the function",
    says: /is disabled/,
  },
  {
    what: "the mapping reports batches whole",
    resource: "ConsumeMapping",
    change: ({ functionResponseTypes: _gone, ...rest }) => rest,
    name: "event source mapping of the function",
    says: /ReportBatchItemFailures/,
  },
  {
    what: "the mapping has pollers, which nobody set",
    resource: "ConsumeMapping",
    change: ({ scalingConfig: _gone, ...rest }) => ({
      ...rest,
      provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 5 },
    }),
    name: "event source mapping of the function",
    says: /has pollers from 2 to 5, but by the settings a maximum concurrency of 8/,
  },
  {
    what: "the notification was overwritten",
    resource: "SourceNotification",
    change: ({ bucket = "" }) => ({
      bucket,
      queues: [{ id: "theirs", queueArn: "arn:aws:sqs:eu-west-1:1:theirs", events: ["s3:*"] }],
    }),
    name: "notification of the source bucket",
    says: /does not notify .*, but arn:aws:sqs:eu-west-1:1:theirs/,
  },
  {
    what: "the function may not use the key",
    resource: "ConsumeRole",
    change: (inputs) => withoutGrants(inputs, /^kms:/),
    name: "permissions of the function",
    says: /lacks kms:Decrypt on arn:aws:kms/,
  },
  {
    what: "the worker may not write renditions",
    resource: "WorkerTaskRole",
    change: (inputs) => withoutGrants(inputs, /^s3:PutObject$/),
    name: "permissions of the worker",
    says: /s3:PutObject on arn:aws:s3:::imagefleet-production-photosrenditionsbucket/,
  },
  {
    what: "the redrive policy is gone",
    resource: "LargeQueue",
    change: ({ redrivePolicy: _gone, ...rest }) => rest,
    name: "redrive policy of the large lane",
    says: /The queue has no redrive policy/,
  },
  {
    what: "the image was never pushed, and tasks fail",
    resource: "WorkerImagePhotosWorker",
    name: "tasks of the worker",
    says: /could not start: CannotPullContainerError/,
  },
  // Three that were chosen by somebody who had not read the code.
  {
    what: "somebody pressed Throttle",
    resource: "ConsumeFunction",
    change: (inputs) => ({ ...inputs, reservedConcurrentExecutions: 0 }),
    name: "function",
    says: /cannot run: its reserved concurrency is 0/,
  },
  {
    what: "the queue is encrypted with AWS's own key",
    resource: "SmallQueue",
    change: ({ sqsManagedSseEnabled: _gone, ...rest }) => ({
      ...rest,
      kmsMasterKeyId: "alias/aws/sqs",
    }),
    name: "encryption of the small lane's queue",
    says: /alias\/aws\/sqs, which S3 and EventBridge may not use/,
  },
  {
    what: "the queue holds messages back",
    resource: "SmallQueue",
    change: (inputs) => ({ ...inputs, delaySeconds: 900 }),
    name: "queue of the small lane",
    says: /delays every message by 900 s/,
  },
  {
    what: "the distribution is gone",
    resource: "DeliveryDistribution",
    name: "distribution",
    says: /has the bucket imagefleet-production-photosrenditionsbucket-\w+ as an origin/,
  },
  {
    what: "the distribution is disabled",
    resource: "DeliveryDistribution",
    change: (inputs) => ({ ...inputs, enabled: false }),
    name: "distribution",
    says: /is disabled/,
  },
  {
    what: "no function runs at the edge",
    resource: "DeliveryDistribution",
    change: (inputs) => ({
      ...inputs,
      defaultCacheBehavior: { functionAssociations: [] },
    }),
    name: "address that the recipe does not have",
    says: /such requests reach the origins/,
  },
  {
    what: "CloudFront may not list the bucket",
    resource: "RenditionsPolicy",
    change: ({ policy, ...rest }) => ({
      ...rest,
      policy: String(policy).replace(',"s3:ListBucket"', ""),
    }),
    name: "rendition on request, as viewers request it",
    says: /403 for tail\/.*: S3 or the function refuses CloudFront/,
  },
  {
    what: "CloudFront may not call the function",
    resource: "DeliverPermission",
    name: "rendition on request, as viewers request it",
    says: /403 for tail/,
  },
  {
    what: "everyone may call the function",
    resource: "DeliverUrl",
    change: (inputs) => ({ ...inputs, authorizationType: "NONE" }),
    name: "direct access to the function that makes renditions on request",
    says: /lambda-url\.eu-west-1\.on\.aws answers 200 to everyone/,
  },
  {
    what: "everyone may read the bucket",
    resource: "RenditionsPolicy",
    change: ({ policy, ...rest }) => ({
      ...rest,
      policy: String(policy).replace(
        '"Statement":[',
        '"Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"],"Principal":[{"type":"*","identifiers":["*"]}],"Condition":[]},',
      ),
    }),
    name: "direct access to the rendition bucket",
    says: /answers 200 to everyone/,
  },
  {
    what: "the notification of manifests was overwritten",
    resource: "RenditionsNotification",
    change: ({ bucket = "" }) => ({ bucket, queues: [] }),
    name: "notification of the rendition bucket",
    says: /does not notify the catalog's queue of s3:ObjectCreated:\* events under manifests\//,
  },
  {
    what: "the table is gone",
    resource: "ImagesTable",
    name: "table of the catalog",
    says: /does not exist/,
  },
  {
    what: "the table cannot be restored to a point in time",
    resource: "ImagesTable",
    change: ({ pointInTimeRecovery: _gone, ...rest }) => rest,
    name: "table of the catalog",
    says: /has no point-in-time recovery/,
  },
  {
    what: "the table keeps what has expired",
    resource: "ImagesTable",
    change: ({ ttl: _gone, ...rest }) => rest,
    name: "table of the catalog",
    says: /does not expire items by expiresAt/,
  },
  {
    what: "everyone may list images",
    resource: "UploadsGetImages",
    change: (inputs) => ({ ...inputs, authorizationType: "NONE" }),
    name: "API of uploads, without a token",
    says: /answers 200 to a request without a token/,
  },
  {
    what: "the bucket does not send to EventBridge",
    graph: "by rule",
    resource: "none",
    name: "notification of the source bucket",
    says: /does not send its events to EventBridge/,
  },
];

function withoutGrants(inputs: Inputs, actions: RegExp): Inputs {
  const policies = listAt(inputs, "inlinePolicies").map((policy) => {
    const document: { Statement: { Action: string[] }[] } = JSON.parse(textAt(policy, "policy"));
    const left = document.Statement.map((statement) => ({
      ...statement,
      Action: texts(statement.Action).filter((action) => !actions.test(action)),
    }));
    return {
      name: textAt(policy, "name"),
      policy: JSON.stringify({ ...document, Statement: left }),
    };
  });
  return { ...inputs, inlinePolicies: policies };
}

/** @param change of the inputs of a resource; undefined: it is removed */
function withInputs(graph: Graph, resource: string, change: Break["change"]): Graph {
  const resources = graph.resources.flatMap((each) => {
    const isAws = /^(aws|docker-build):/.test(each.type);
    if (!isAws || each.name !== `Photos${resource}`) return [each];
    return change === undefined ? [] : [{ ...each, inputs: change({ ...each.inputs }) }];
  });
  return { ...graph, resources };
}

it("finds nothing wrong with a fleet as it is deployed, and leaves nothing behind", async () => {
  await using standIn = await deployed(whole);
  const { output, wrong, code, stderr } = await doctor(standIn, SETTINGS, "--alarm");
  expect(wrong).toEqual([]);
  expect(output.checks.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(code, stderr).toBe(0);
  expect(output.pictures.map(({ lane }) => lane).sort()).toEqual(["large", "small"]);
  for (const { renditionsMs } of output.pictures) expect(renditionsMs).toBeGreaterThan(0);
  expect(output.alarm).toEqual({ alarmMs: expect.any(Number), overMs: expect.any(Number) });
  expect(stderr).toMatch(
    /large lane: this may take up to 20 min 0 s, because no task is running there yet/,
  );
  // Two pictures were put and deleted, each with its version and its marker.
  expect(standIn.versions.keys).toEqual([]);
  expect(await fleet.deadLetters()).toEqual([]);
  expect(await objectsLeft()).toEqual([]);
}, 60_000);

it.concurrent.each(BREAKS)(
  "$what: that is named, and nothing else",
  async (each) => {
    const isByRule = each.graph === "by rule";
    const { resource, change, inAlarm = [] } = each;
    const graph = withInputs(isByRule ? byRule : whole, resource, change);
    await using standIn = await deployed(graph);
    const buckets = isByRule ? { [THEIRS.bucket]: {} } : {};
    standIn.account = { ...ACCOUNT_AS_NEEDED, buckets, inAlarm: [inAlarm].flat() };
    const settings = isByRule ? BY_RULE : SETTINGS;
    const { wrong, code } = await doctor(standIn, settings);
    expect(wrong).toEqual([expect.objectContaining({ name: each.name })]);
    expect(wrong[0]?.message).toMatch(each.says);
    expect(code).toBe(3);
  },
  60_000,
);

it("says which permission is lacking, and that this proves nothing", async () => {
  await using standIn = await deployed(whole);
  standIn.denied = ["monitoring:DescribeAlarms", "iam:SimulatePrincipalPolicy"];
  const { output, wrong, code } = await doctor(standIn);
  const unknown = output.checks.filter(({ state }) => state === "unknown");
  expect(unknown.map(({ name, permission }) => [name, permission])).toEqual([
    ["permissions of the function", "iam:SimulatePrincipalPolicy"],
    ["permissions of the worker", "iam:SimulatePrincipalPolicy"],
    ["alarms", "cloudwatch:DescribeAlarms"],
    ["alarms in us-east-1", "cloudwatch:DescribeAlarms"],
  ]);
  expect(wrong).toEqual([]);
  expect(code).toBe(0);
}, 60_000);

it("tests neither signed size nor API without key and address, and says how to give them", async () => {
  await using standIn = await deployed(whole);
  const {
    IMAGEFLEET_SIGNING_KEY: _key,
    IMAGEFLEET_API_URL: _url,
    ...env
  } = environment(SETTINGS, standIn);
  const { stdout, code } = await run(args(standIn), { cwd: folder, env });
  const output: DoctorOutput = JSON.parse(stdout);
  expect(output.checks.filter(({ state }) => state !== "ok")).toEqual([
    {
      name: "API of uploads, without a token",
      state: "unknown",
      message: "Not tested: doctor was not given the address of the API.",
      fix: "Run doctor under sst shell, or set the variable IMAGEFLEET_API_URL to the output apiUrl.",
    },
    {
      name: "signed size, as viewers request it",
      state: "unknown",
      message: "Not tested: doctor was not given the signing key.",
      fix: "Run doctor under sst shell, or set the variable IMAGEFLEET_SIGNING_KEY to the value of the secret PhotosSigningKey.",
    },
  ]);
  expect(code).toBe(0);
}, 60_000);

it("tells what became of a picture that arrives damaged, and takes its own dead letters alone", async () => {
  await using standIn = await deployed(whole);
  const queues = { small: LOCAL.smallDlq, large: LOCAL.largeDlq };
  for (const queue of Object.values(queues)) await moveToDeadLetterQueue(queue);
  standIn.spoils = true;
  // The dead letters that lie there have set the alarms off.
  standIn.graph = { ...whole, resources: whole.resources.filter(({ name }) => !isDlqAlarm(name)) };
  const { output, code } = await doctor(standIn);
  const pictures = output.checks.filter(({ name }) => name.startsWith("picture"));
  expect(pictures.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The recipe rejected the picture with reason SourceUnsupported: /),
    expect.stringMatching(/^The recipe rejected the picture with reason SourceUnsupported: /),
  ]);
  expect(code).toBe(3);
  await fleet.idle();
  expect((await fleet.deadLetters()).map(({ reason, key }) => [reason, key])).toEqual([
    ["Crashed", undefined],
    ["Crashed", undefined],
  ]);
  expect(standIn.versions.keys).toEqual([]);
}, 60_000);

function isDlqAlarm(name: string): boolean {
  return /DlqDepth$/.test(name);
}

/** Somebody else's dead letter. */
async function moveToDeadLetterQueue(queue: string): Promise<void> {
  const { endpoint, credentials } = fleet;
  const sqs = createSqs({ region: "us-east-1", endpoint, credentials });
  const url = `${endpoint}/000000000000/${queue}`;
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "nobody knows" }));
  sqs.destroy();
}

it("removes at Ctrl-C what it has made", async () => {
  await using standIn = await deployed(whole);
  const cli = new Cli(args(standIn), { cwd: folder, env: environment(SETTINGS, standIn) });
  let puts = 0;
  standIn.onCall = (call) => {
    if (call.request.method === "PUT" && ++puts === 2) cli.signal("SIGINT");
    return record(call);
  };
  const { code, stderr } = await cli.ended();
  expect(stderr).toContain("Interrupted. Removing the test pictures.");
  expect(code).toBe(130);
  expect(standIn.versions.keys).toEqual([]);
  await fleet.idle();
  expect((await objectsLeft()).filter((key) => !key.startsWith("manifests/"))).toEqual([]);
}, 60_000);

it("runs against the fleet on this machine, and says what that has not", async () => {
  const local = ["--json", "--endpoint", fleet.endpoint, "--data", join(folder, "data")];
  const env = { HOME: folder, ...asEnvironment(fleet.credentials) };
  const recipe = ["--recipe", "recipe.mjs"];
  const examined = await run(["doctor", "--alarm", ...local, ...recipe], { cwd: folder, env });
  const checked = await run(["preflight", ...local], { cwd: folder, env });
  const states = (stdout: string) => {
    const output: DoctorOutput = JSON.parse(stdout);
    return Object.groupBy(output.checks, ({ state }) => state);
  };
  const { none = [], ok = [], ...others } = states(examined.stdout);
  expect(others).toEqual({});
  expect(ok.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "picture through the small lane",
      "picture through the large lane",
      "stored rendition, as viewers request it",
      "rendition on request, as viewers request it",
      "address that the recipe does not have",
      "signed size, as viewers request it",
      "direct access to the rendition bucket",
    ]),
  );
  expect(none.every(({ message }) => message.startsWith("The local fleet has no "))).toBe(true);
  expect(none).toHaveLength(7);
  expect(states(checked.stdout)["none"]).toHaveLength(5);
  expect([examined.code, checked.code]).toEqual([0, 0]);
}, 60_000);

it("needs what is recorded, and nothing else", async () => {
  await using standIn = await deployed(whole);
  // Before the first deployment, into an account that never changed a quota.
  standIn.graph = undefined;
  const buckets = { [THEIRS.bucket]: {} };
  standIn.account = { ...ACCOUNT_AS_NEEDED, quotas: {}, buckets };
  const settings = { ...SETTINGS, source: { ...THEIRS, notifications: "by-hand" } };
  const command = ["preflight", "--stage", "production", "--endpoint", standIn.endpoint];
  const { stderr } = await run(command, { cwd: folder, env: environment(settings, standIn) });
  expect(stderr).toBe("");
  expect(recorder.unknown).toEqual([]);
  await expect(asFile(recorder.needed())).toMatchFileSnapshot(recordedFile("doctor"));
}, 60_000);

/** Keys of both buckets on this machine. */
async function objectsLeft(): Promise<string[]> {
  const { endpoint, credentials } = fleet;
  const s3 = createS3({ endpoint, credentials, region: "us-east-1" });
  const of = async (Bucket: string) => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.flatMap(({ Key }) => Key ?? []);
  };
  const left = [...(await of(LOCAL.sourceBucket)), ...(await of(LOCAL.renditionBucket))];
  s3.destroy();
  return left;
}
