import * as v from "valibot";
import { WORKER } from "./numbers.ts";

const name = "it must be a bucket's name, without s3:// or arn:";
const bucketName = v.pipe(v.string(name), v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, name));

function arnOf(service: string) {
  const message = `it must begin with arn:aws:${service}:`;
  return v.pipe(v.string(message), v.regex(new RegExp(`^arn:aws[a-z-]*:${service}:`), message));
}

function whole(from: number, to: number) {
  const message = `it must be a whole number from ${from} to ${to}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(from, message),
    v.maxValue(to, message),
  );
}

/** What is known only once it is deployed cannot be looked at before. */
const later = v.custom<$util.Output<string>>(isOutput);
const laterList = v.custom<$util.Output<$util.Input<string>[]>>(isOutput);

function isOutput(input: unknown): boolean {
  return typeof input === "object" && input !== null && "__pulumiOutput" in input;
}

/** A value, or what it will be: another resource's output. */
function orLater<const S extends v.GenericSchema<string>>(schema: S) {
  return v.lazy((input) => (isOutput(input) ? later : schema));
}

/** A bucket's name, or a bucket of SST's. */
const anyBucket = v.lazy((input) => {
  if (isOutput(input)) return later;
  return typeof input === "object" ? sstBucket : bucketName;
});
const sstBucket = v.custom<sst.aws.Bucket>(
  (input) => typeof input === "object" && input !== null && "name" in input && "arn" in input,
  "it must be a bucket's name, or a bucket of SST's",
);

const traces = 'it must be "off", "xray" or the URL of an OTLP endpoint';
const share = "it must be a number from 0 to 1";

const newSource = v.literal("new", 'it must be "new", or { bucket, notifications }');

const ownSource = v.strictObject({
  /** A bucket that is there already, in this account and region. */
  bucket: anyBucket,
  /**
   * S3 keeps one notification configuration a bucket. "replace" makes it the fleet's: whatever else
   * it holds is gone, EventBridge too. "by-hand" leaves it alone, and you add the queue yourself
   * (docs/deploy.md). "eventbridge" leaves it alone as well, and hears of it by a rule of the default
   * event bus: the bucket must send to EventBridge, and conflicts with nobody.
   */
  notifications: v.picklist(["replace", "by-hand", "eventbridge"]),
  /** The key that its objects are encrypted with, if it is not S3's own. */
  kmsKeyArn: v.optional(orLater(arnOf("kms"))),
});

const renditions = 'it must be "new", or { bucket }';

const newRenditions = v.literal("new", renditions);

const ownRenditions = v.strictObject(
  {
    /** A bucket that is there already, in this account and region, and not the source's. */
    bucket: anyBucket,
    /** The key that it encrypts with, if it is not S3's own. */
    kmsKeyArn: v.optional(orLater(arnOf("kms"))),
  },
  renditions,
);

const ownEncryption = v.strictObject({
  /** A key of KMS that is there already, in this account and region. */
  kmsKeyArn: orLater(arnOf("kms")),
});

const prefix = "it must be 1 to 20 letters, digits, hyphens and underscores";

const roles = v.strictObject(
  {
    /** The policy that no role of the fleet's may go beyond. */
    permissionsBoundary: v.optional(orLater(arnOf("iam"))),
    /** Before the name of every role and policy. */
    namePrefix: v.optional(v.pipe(v.string(prefix), v.regex(/^[\w-]{1,20}$/, prefix))),
    tags: v.optional(v.record(v.string(), v.string("it must be a text")), {}),
  },
  "it must be { permissionsBoundary, namePrefix, tags }, or some of them",
);

const app =
  'write a name of your own, as app: "acme-photos": 2 to 30 lower case letters, digits and hyphens, a letter first';
const regionCode = 'write the region to deploy to, as region: "eu-central-1"';
const accountId = "it must be an account's number, 12 digits in quotes";

const ids = (prefix: string) => {
  const message = `it must begin with ${prefix}-`;
  return v.pipe(v.string(message), v.regex(new RegExp(`^${prefix}-[0-9a-f]+$`), message));
};

const cidr = 'it must be a range of addresses of 16 bits, as "10.20.0.0/16"';
const newNetwork = v.strictObject({
  cidr: v.optional(
    v.pipe(v.string(cidr), v.regex(/^(\d{1,3}\.){2}0\.0\/16$/, cidr)),
    "10.20.0.0/16",
  ),
});
const ownNetwork = v.strictObject({
  /** A VPC that is there already. */
  vpcId: orLater(ids("vpc")),
  /** Of two zones where Fargate runs, and from where ECR, S3, SQS, ECS and CloudWatch Logs are reached. */
  subnets: v.lazy((input) =>
    isOutput(input)
      ? laterList
      : v.pipe(v.array(orLater(ids("subnet"))), v.minLength(1, "it must name a subnet")),
  ),
  /** None: one is made that lets nothing in. */
  securityGroups: v.optional(v.array(orLater(ids("sg"))), []),
  /** Do tasks get a public address? False where a NAT gateway or endpoints of the VPC lead out. */
  publicAddresses: v.boolean("it must be true or false"),
});

const origin = "it must be an origin, as https://app.example.com";

/** Of a fleet, wherever it is. */
const fleetEntries = {
  /**
   * Are pictures, and the keys that they are encrypted with, kept when the stage is removed or a
   * setting takes their bucket away? Then the stage also refuses to be removed.
   */
  keep: v.optional(v.boolean("it must be true or false"), true),
  /**
   * Where the worker's tasks run: a VPC of the fleet's own with this range of addresses, or one that is
   * there. An account has a quota of 5 VPCs a region.
   */
  network: v.optional(
    v.lazy((input) =>
      typeof input === "object" && input !== null && "vpcId" in input ? ownNetwork : newNetwork,
    ),
    {},
  ),
  /** "new" makes a bucket for uploads; or name one that is there. */
  source: v.optional(
    v.lazy((input) => (typeof input === "object" ? ownSource : newSource)),
    "new",
  ),
  /** "new" makes a bucket for renditions; or name one that is there. */
  renditions: v.optional(
    v.lazy((input) => (typeof input === "object" ? ownRenditions : newRenditions)),
    "new",
  ),
  /** Who encrypts the fleet's buckets: S3 with its own keys, or KMS with a key of the fleet or of yours. */
  encryption: v.optional(
    v.lazy((input) =>
      typeof input === "object"
        ? ownEncryption
        : v.picklist(["s3", "kms"], 'it must be "s3", "kms" or { kmsKeyArn }'),
    ),
    "s3",
  ),
  /** Keys of KMS that older objects are encrypted with: those that `encryption` or `source` named before. */
  formerKeys: v.optional(v.array(orLater(arnOf("kms"))), []),
  /** Pages from these origins may upload to the new source bucket from a browser. */
  uploadOrigins: v.optional(
    v.array(v.pipe(v.string(origin), v.regex(/^https?:\/\/[^/*\s]+$/, origin))),
    [],
  ),
  /** Days that a deleted or overwritten source can be taken back; then it is gone for good. */
  keepDeletedDays: v.optional(whole(1, 3650), 90),
  /**
   * After so many days sources go to S3 Glacier Instant Retrieval, which both lanes read at once and
   * which costs by the request; otherwise after 30 to Intelligent-Tiering.
   */
  archiveAfterDays: v.optional(whole(1, 3650)),
  /** A CloudFront distribution of yours that renditions are read through (docs/deploy.md). */
  distribution: v.optional(orLater(arnOf("cloudfront"))),
  /** A versioned bucket that every source is copied to. Only of a new source bucket, with encryption "s3". */
  replicateTo: v.optional(arnOf("s3")),
  /**
   * The ARN of an SNS topic that alarms go to, in the place of one of the fleet's. Its policy must let
   * cloudwatch, events and budgets.amazonaws.com publish.
   */
  alarmTopic: v.optional(orLater(arnOf("sns"))),
  /** Of the roles that the fleet makes. */
  roles: v.optional(roles, {}),
  /** Who is written to when an alarm goes off; each address must confirm once. */
  alarmEmails: v.optional(v.array(v.pipe(v.string(), v.email("it must be an e-mail address"))), []),
  /**
   * Warn when the account's bill of the month reaches 80 %, or is forecast to reach 100 %, of it. Goes
   * with alarmEmails.
   */
  monthlyBudgetUsd: v.optional(v.pipe(v.number(), v.minValue(1, "it must be at least 1"))),
  /**
   * Functions at once. New accounts have a quota of 10 for all functions together, and a throttled
   * batch counts as received: keep below your own quota.
   */
  functionConcurrency: v.optional(whole(2, 1000), 8),
  /** Fargate tasks at once, from none. */
  workerTasks: v.optional(whole(1, 100), 10),
  /** Do tasks run on Fargate Spot, but for the first? False: all of them run on demand. */
  spot: v.optional(v.boolean("it must be true or false"), true),
  /**
   * The first so many tasks run on demand, the others on Spot; one, where nothing is said. With none of
   * them on demand the large lane waits while Spot has no capacity.
   */
  onDemandTasks: v.optional(whole(0, 100)),
  /** Metrics of the fleet's own, and their graphs on the dashboard. docs/telemetry.md says what they cost. */
  metrics: v.optional(v.boolean("it must be true or false"), true),
  /**
   * Where traces of jobs go: nowhere, to X-Ray (with Transaction Search turned on in the account), or
   * to a collector's OTLP endpoint over HTTP, `https://…/v1/traces`, that the internet can reach.
   */
  traces: v.optional(
    v.pipe(
      v.string(traces),
      v.regex(/^(off|xray|https?:\/\/\S+)$/, traces),
      v.check((value) => ["off", "xray"].includes(value) || URL.canParse(value), traces),
    ),
    "off",
  ),
  /** Of the jobs that no trace led to, so many are traced, 0 to 1. */
  tracedShare: v.optional(
    v.pipe(v.number(share), v.minValue(0, share), v.maxValue(1, share)),
    0.05,
  ),
};

const fleetSchema = v.strictObject(fleetEntries);

const stageSchema = v.strictObject({
  /**
   * The name of this fleet, in every resource's name. Two of the same name, stage, account and region
   * are one to SST: the later deployment would change the earlier one's fleet.
   */
  app: v.pipe(v.string(app), v.regex(/^[a-z][a-z0-9-]{1,29}$/, app)),
  /** Where it is deployed, whatever the shell says: elsewhere there would be a second fleet. */
  region: v.pipe(v.string(regionCode), v.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, regionCode)),
  /** The accounts that it may be deployed to; none: whichever the credentials are of. */
  accounts: v.optional(v.array(v.pipe(v.string(accountId), v.regex(/^\d{12}$/, accountId))), []),
  ...fleetEntries,
});

/** What a stage of this repository's own app may be given. */
export const SETTINGS = Object.keys(stageSchema.entries);

export type SettingsInput = v.InferInput<typeof stageSchema>;
export type Settings = v.InferOutput<typeof stageSchema> & Resolved;
export type FleetInput = v.InferInput<typeof fleetSchema>;
export type FleetSettings = v.InferOutput<typeof fleetSchema> & Resolved;

/** What follows from other settings where it is not given. */
interface Resolved {
  readonly onDemandTasks: number;
}

/**
 * What a stage of this repository's own app is deployed with.
 *
 * @throws Error naming each field that is wrong, its value and the fix
 */
export function parseSettings(stage: string, input: unknown): Settings {
  return parsed(stageSchema, stage, input, `infra/settings.ts, stage "${stage}"`);
}

const NAME = /^[A-Z][A-Za-z0-9]{0,19}$/;

/**
 * What a fleet of any app is given.
 *
 * @throws Error naming each field that is wrong, its value and the fix
 */
export function parseFleet(name: string, stage: string, input: unknown): FleetSettings {
  if (!NAME.test(name)) {
    throw new Error(
      `Imagefleet ${JSON.stringify(name)}: the name must be 1 to 20 letters and digits, a capital first, as "Photos"`,
    );
  }
  return parsed(fleetSchema, stage, input, `Imagefleet "${name}", stage "${stage}"`);
}

function parsed<const S extends typeof stageSchema | typeof fleetSchema>(
  schema: S,
  stage: string,
  input: unknown,
  where: string,
): v.InferOutput<S> & Resolved {
  const result = v.safeParse(schema, input, { message: ({ expected }) => mustBe(expected) });
  const issues = result.success ? relatedFaults(stage, result.output) : result.issues.map(issueOf);
  if (result.success && issues.length === 0) {
    const { spot, workerTasks, onDemandTasks = WORKER.onDemandTasks } = result.output;
    return { ...result.output, onDemandTasks: spot ? onDemandTasks : workerTasks };
  }
  throw new Error(`${where}: ${issues.join("; ")}`);
}

/** As it is given. */
type Given = v.InferOutput<typeof fleetSchema>;

function relatedFaults(stage: string, settings: Given): string[] {
  return [
    ...keepFaults(stage, settings),
    ...sourceFaults(settings),
    ...renditionFaults(settings),
    ...replicationFaults(settings),
    ...budgetFaults(settings),
    ...capacityFaults(settings),
  ];
}

/** Names by which people call what must not be lost. */
const LIVE = /^(prod|live|main|master|release|stag)/i;

function keepFaults(stage: string, { keep }: Given): string[] {
  return keep || !LIVE.test(stage)
    ? []
    : [
        `keep is false: removed, "${stage}" would lose its pictures; name the stage, with keep: true`,
      ];
}

/** What is of the new source bucket alone: the rules of another are its owner's. */
function sourceFaults({ source, uploadOrigins, archiveAfterDays }: Given): string[] {
  if (source === "new") return [];
  return [
    ...(uploadOrigins.length > 0 ? ["uploadOrigins: set CORS on your own bucket instead"] : []),
    ...(archiveAfterDays === undefined
      ? []
      : ["archiveAfterDays: set a lifecycle rule on your own bucket instead"]),
  ];
}

/** What is of the new rendition bucket alone. */
function renditionFaults({ source, renditions, distribution }: Given): string[] {
  if (renditions === "new") return [];
  const { bucket } = renditions;
  return [
    ...(distribution === undefined
      ? []
      : ["distribution: let it read in the policy of your own rendition bucket instead"]),
    ...(source !== "new" && source.bucket === bucket
      ? [
          `renditions.bucket is ${typeof bucket === "string" ? `${JSON.stringify(bucket)}, ` : ""}the source's: name another, for what is written would start the fleet`,
        ]
      : []),
  ];
}

function budgetFaults({ monthlyBudgetUsd, alarmEmails, alarmTopic }: Given): string[] {
  return monthlyBudgetUsd === undefined || alarmEmails.length > 0 || alarmTopic !== undefined
    ? []
    : [`monthlyBudgetUsd is ${monthlyBudgetUsd}: nobody would be warned; set alarmEmails too`];
}

function capacityFaults({ spot, onDemandTasks, workerTasks }: Given): string[] {
  if (onDemandTasks === undefined) return [];
  const is = `onDemandTasks is ${onDemandTasks}`;
  // What a stage has resolved, its component parses again.
  if (!spot && onDemandTasks !== workerTasks) {
    return [`${is}: with spot: false every task runs on demand; leave it out`];
  }
  return onDemandTasks <= workerTasks
    ? []
    : [
        `${is}: it must be at most workerTasks, which is ${workerTasks}; for no task on Spot, set spot: false`,
      ];
}

function replicationFaults({ source, replicateTo, encryption }: Given): string[] {
  if (replicateTo === undefined) return [];
  const is = `replicateTo is ${JSON.stringify(replicateTo)}`;
  return [
    ...(source === "new"
      ? []
      : [`${is}: a bucket that is not the fleet's own is replicated by its owner; leave it out`]),
    ...(encryption === "s3"
      ? []
      : [`${is}: it goes with encryption "s3" alone, whose objects any bucket can take`]),
  ];
}

/** The fix, where a schema has no words of its own for it. */
function mustBe(expected: string | null): string {
  const kinds = { string: "a text", number: "a number", Array: "a list", Object: "an object" };
  const kind = Object.entries(kinds).find(([type]) => type === expected)?.[1];
  return `it must be ${kind ?? expected}`;
}

function issueOf(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "the settings";
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `${field} is no setting: see infra/settings-schema.ts`;
  }
  const value = JSON.stringify(issue.input);
  if (value !== undefined) return `${field} is ${value}: ${issue.message}`;
  return issue.type === "string" ? `${field} is missing: ${issue.message}` : `${field} is missing`;
}
