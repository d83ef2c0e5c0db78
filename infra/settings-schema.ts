import * as v from "valibot";

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

/** An output of another resource, which is unknown before the deployment and cannot be checked. */
const later = v.custom<$util.Output<string>>(isOutput);
const laterList = v.custom<$util.Output<$util.Input<string>[]>>(isOutput);

function isOutput(input: unknown): boolean {
  return typeof input === "object" && input !== null && "__pulumiOutput" in input;
}

/** A value, or another resource's output. */
function orLater<const S extends v.GenericSchema<string>>(schema: S) {
  return v.lazy((input) => (isOutput(input) ? later : schema));
}

/** A bucket's name, or an SST bucket. */
const anyBucket = v.lazy((input) => {
  if (isOutput(input)) return later;
  return typeof input === "object" ? sstBucket : bucketName;
});
const sstBucket = v.custom<sst.aws.Bucket>(
  (input) => typeof input === "object" && input !== null && "name" in input && "arn" in input,
  "it must be a bucket's name, or an SST bucket",
);

const traces = 'it must be "off", "xray" or the URL of an OTLP endpoint';
const share = "it must be a number from 0 to 1";

const newSource = v.literal("new", 'it must be "new", or { bucket, notifications }');

const ownSource = v.strictObject({
  /** An existing bucket in this account and region. */
  bucket: anyBucket,
  /**
   * A bucket has one notification configuration. "replace" replaces it by the fleet's, including other
   * destinations and EventBridge. "by-hand" does not change it, and you add the queue yourself
   * (docs/deploy.md). "eventbridge" does not change it either and receives events by a rule of the default
   * event bus: the bucket must send its events to EventBridge, and other consumers keep theirs.
   */
  notifications: v.picklist(["replace", "by-hand", "eventbridge"]),
  /** The KMS key that encrypts its objects, unless S3's own keys do. */
  kmsKeyArn: v.optional(orLater(arnOf("kms"))),
});

const renditions = 'it must be "new", or { bucket }';

const newRenditions = v.literal("new", renditions);

const ownRenditions = v.strictObject(
  {
    /** An existing bucket in this account and region, other than the source's. */
    bucket: anyBucket,
    /** The KMS key that encrypts its objects, unless S3's own keys do. */
    kmsKeyArn: v.optional(orLater(arnOf("kms"))),
    /**
     * Only with the catalog, which the bucket notifies of manifests. "replace" replaces the bucket's
     * notification configuration by the fleet's; "by-hand" does not change it, and you add the queue
     * yourself (docs/deploy.md).
     */
    notifications: v.optional(
      v.picklist(["replace", "by-hand"], 'it must be "replace" or "by-hand"'),
    ),
  },
  renditions,
);

const ownEncryption = v.strictObject({
  /** An existing KMS key in this account and region. */
  kmsKeyArn: orLater(arnOf("kms")),
});

const prefix = "it must be 1 to 20 letters, digits, hyphens and underscores";

const roles = v.strictObject(
  {
    /** The permissions boundary of every role of the fleet. */
    permissionsBoundary: v.optional(orLater(arnOf("iam"))),
    /** The prefix of the name of every role and policy. */
    namePrefix: v.optional(v.pipe(v.string(prefix), v.regex(/^[\w-]{1,20}$/, prefix))),
    tags: v.optional(v.record(v.string(), v.string("it must be a text")), {}),
  },
  "it must be { permissionsBoundary, namePrefix, tags }, or some of them",
);

const app =
  'write a name of your own, such as app: "acme-photos": 2 to 30 lower case letters, digits and hyphens, starting with a letter';
const regionCode = 'write the region to deploy to, such as region: "eu-central-1"';
const shieldRegion = 'it must be a region near the buckets, such as "eu-central-1"';
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
const accountId = "it must be an account's number, 12 digits in quotes";

const ids = (prefix: string) => {
  const message = `it must begin with ${prefix}-`;
  return v.pipe(v.string(message), v.regex(new RegExp(`^${prefix}-[0-9a-f]+$`), message));
};

const cidr = 'it must be a /16 range of addresses, such as "10.20.0.0/16"';
const newNetwork = v.strictObject({
  cidr: v.optional(
    v.pipe(v.string(cidr), v.regex(/^(\d{1,3}\.){2}0\.0\/16$/, cidr)),
    "10.20.0.0/16",
  ),
});
const ownNetwork = v.strictObject({
  /** An existing VPC. */
  vpcId: orLater(ids("vpc")),
  /** Subnets in two zones where Fargate runs, from which ECR, S3, SQS, ECS and CloudWatch Logs can be reached. */
  subnets: v.lazy((input) =>
    isOutput(input)
      ? laterList
      : v.pipe(v.array(orLater(ids("subnet"))), v.minLength(1, "it must name a subnet")),
  ),
  /** Default: a new security group without ingress. */
  securityGroups: v.optional(v.array(orLater(ids("sg"))), []),
  /** Whether tasks get a public address. false where a NAT gateway or VPC endpoints provide egress. */
  publicAddresses: v.boolean("it must be true or false"),
});

const origin = "it must be an origin, such as https://app.example.com";

const host = "it must be a host name, such as images.example.com";
const keyGroup = "it must be the id of a CloudFront key group";

const delivery = v.strictObject({
  /** The address of the renditions. Without one, CloudFront's own address is used, where TLS 1.0 cannot be refused. */
  domain: v.optional(
    v.strictObject({
      name: v.pipe(v.string(host), v.regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, host)),
      /** A certificate of ACM in us-east-1. Default: a new one, validated in `dns`. */
      certificateArn: v.optional(orLater(arnOf("acm"))),
      /** Whether a hosted zone of Route 53 in this account has the domain. false: set the records yourself. */
      route53: v.optional(v.boolean("it must be true or false"), true),
    }),
  ),
  /** The ids of CloudFront key groups. With them, only signed addresses or cookies can read renditions. */
  keyGroups: v.optional(
    v.array(v.pipe(v.string(keyGroup), v.regex(/^[0-9a-f-]{36}$/, keyGroup))),
    [],
  ),
  /** The most requests of one address in five minutes, by AWS WAF, which costs a fee a month and a request. */
  requestsPer5Minutes: v.optional(whole(100, 2_000_000_000)),
  /** The region of Origin Shield: near the buckets. For viewers on more than one continent. */
  originShield: v.optional(v.pipe(v.string(shieldRegion), v.regex(REGION, shieldRegion))),
  /** The ARN of an S3 bucket for access logs, whose policy allows CloudFront's log delivery. */
  accessLogs: v.optional(arnOf("s3")),
  /**
   * Concurrent executions of the function that makes renditions on request. Default: no limit of its own.
   * AWS refuses a limit that leaves less than 100 for all other functions of the account.
   */
  concurrency: v.optional(whole(1, 1000)),
  /**
   * Whether CloudFront forgets a picture's renditions soon after the picture was overwritten or deleted.
   * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation.html
   */
  invalidate: v.optional(v.boolean("it must be true or false"), false),
  /** Warns when less than 95 % of the requests are cache hits. A paid metric of CloudFront. */
  hitRatioAlarm: v.optional(v.boolean("it must be true or false"), false),
  /** The ARN of an SNS topic in us-east-1 for CloudFront's alarms, instead of a new one. */
  alarmTopic: v.optional(orLater(arnOf("sns"))),
});

const issuer =
  "it must be the https address of an issuer of tokens, such as https://login.example.com/";
const jwt = v.strictObject({
  /** The `iss` of the tokens, whose `/.well-known/openid-configuration` has the keys. */
  issuer: v.pipe(
    v.string(issuer),
    v.regex(/^https:\/\/[^\s?#]+$/, issuer),
    v.check((value) => URL.canParse(value), issuer),
  ),
  /** A token needs one of them as its `aud` or `client_id`. */
  audiences: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1, "it must not be empty"))),
    v.minLength(1, "it must name an audience"),
  ),
});
const authorizer = "it must be { jwt: { issuer, audiences } } or { lambda }";
const functionArn =
  "it must be the ARN of a function in the fleet's region, arn:aws:lambda:REGION:ACCOUNT:function:NAME";
const authorizers = v.lazy((input) =>
  typeof input === "object" && input !== null && "lambda" in input
    ? v.strictObject({
        /** The ARN of your function, which answers in the format 2.0, simple: `{ isAuthorized, context: { user } }`. */
        lambda: orLater(
          v.pipe(
            v.string(functionArn),
            v.regex(/^arn:aws[a-z-]*:lambda:[^:]+:\d{12}:function:[\w-]+(:[\w-]+)?$/, functionArn),
          ),
        ),
      })
    : v.strictObject({ jwt }, authorizer),
);

const uploadKey =
  'it must begin with a folder of letters, digits, - and _, have {user}, "/" and {id} once, and end with {id}.{ext}, such as "uploads/{user}/{id}.{ext}"';
/** What the fleet reads. An SVG has to be asked for: it is a program to some of its viewers. */
const TYPES = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/avif",
  "image/heic",
  "image/heif",
  "image/tiff",
  "image/bmp",
] as const;
const ALL_TYPES = [...TYPES, "image/svg+xml"] as const;

const uploads = v.strictObject({
  /** Who may upload: tokens of an issuer (OpenID Connect), or a function of yours decides. */
  authorizer: authorizers,
  /** The key of an upload, after the recipe's `source.prefix`. The id is made by the fleet. */
  key: v.optional(
    v.pipe(
      v.string(uploadKey),
      v.regex(/^([A-Za-z0-9_-]+\/)+\{user\}\/[A-Za-z0-9_/-]*\{id\}\.\{ext\}$/, uploadKey),
    ),
    "uploads/{user}/{id}.{ext}",
  ),
  /** The largest upload, bytes, at most the recipe's `limits.bytes`. Default: 100 MiB, or that limit. */
  maxBytes: v.optional(whole(1, Number.MAX_SAFE_INTEGER)),
  /** The MIME types that may be uploaded. */
  types: v.optional(
    v.pipe(
      v.array(v.picklist(ALL_TYPES, `it must be one of ${ALL_TYPES.join(", ")}`)),
      v.minLength(1, "it must name a type"),
    ),
    [...TYPES],
  ),
  /** Uploads of one user in an hour, and bytes in a day. */
  perHour: v.optional(whole(1, 1_000_000), 100),
  bytesPerDay: v.optional(whole(1, Number.MAX_SAFE_INTEGER), 10_000_000_000),
  /** Requests a second of all users together; twice as many for a moment. Beyond, the API answers 429. */
  requestsPerSecond: v.optional(whole(1, 10_000), 50),
});

/**
 * AWS accepts a maximum of 10,000; its Pulumi provider, 7.20.0, refuses more than 2,000.
 * https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html
 */
const pollers = v.strictObject(
  { min: whole(2, 200), max: whole(2, 2000) },
  "it must be { min, max }, such as { min: 2, max: 50 }",
);

const eventBus = 'it must be "default", or begin with arn:aws:events:';
const notifications = v.strictObject(
  {
    /** The ARN of an SNS topic, instead of a new one. */
    topicArn: v.optional(orLater(arnOf("sns"))),
    /** An EventBridge bus that gets every notification too: "default", or its ARN. */
    eventBus: v.optional(
      orLater(v.pipe(v.string(eventBus), v.regex(/^(default$|arn:aws[a-z-]*:events:)/, eventBus))),
    ),
  },
  "it must be { topicArn, eventBus }, or one of them",
);

/** The settings of a fleet in any app. */
const fleetEntries = {
  /**
   * Whether images, and the keys that encrypt them, are retained when the stage is removed or a setting
   * replaces their bucket. `sst remove` then also refuses to remove the stage.
   */
  keep: v.optional(v.boolean("it must be true or false"), true),
  /**
   * Where the worker's tasks run: a new VPC with this range of addresses, or an existing one. An account
   * has a quota of 5 VPCs a region.
   */
  network: v.optional(
    v.lazy((input) =>
      typeof input === "object" && input !== null && "vpcId" in input ? ownNetwork : newNetwork,
    ),
    {},
  ),
  /** "new" creates a bucket for uploads; or name an existing one. */
  source: v.optional(
    v.lazy((input) => (typeof input === "object" ? ownSource : newSource)),
    "new",
  ),
  /** "new" creates a bucket for renditions; or name an existing one. */
  renditions: v.optional(
    v.lazy((input) => (typeof input === "object" ? ownRenditions : newRenditions)),
    "new",
  ),
  /** How the fleet's buckets are encrypted: "s3" with S3's own keys, "kms" with a new KMS key, or your key. */
  encryption: v.optional(
    v.lazy((input) =>
      typeof input === "object"
        ? ownEncryption
        : v.picklist(["s3", "kms"], 'it must be "s3", "kms" or { kmsKeyArn }'),
    ),
    "s3",
  ),
  /** KMS keys of older objects: those that `encryption` or `source` named before. */
  formerKeys: v.optional(v.array(orLater(arnOf("kms"))), []),
  /** The origins whose pages may upload to the new source bucket, and call the API of `uploads` (CORS). */
  uploadOrigins: v.optional(
    v.array(v.pipe(v.string(origin), v.regex(/^https?:\/\/[^/*\s]+$/, origin))),
    [],
  ),
  /** Days for which a deleted or overwritten source can be restored. */
  keepDeletedDays: v.optional(whole(1, 3650), 90),
  /**
   * Days after which sources move to S3 Glacier Instant Retrieval, which both lanes read at once and which
   * costs a fee a request. Default: Intelligent-Tiering after 30 days.
   */
  archiveAfterDays: v.optional(whole(1, 3650)),
  /** How renditions are delivered: by a new CloudFront distribution, or "none" (docs/delivery.md). */
  delivery: v.optional(
    v.lazy((input) =>
      typeof input === "object" ? delivery : v.literal("none", 'it must be "none" or an object'),
    ),
    {},
  ),
  /** Your CloudFront distribution that delivers the renditions, instead of a new one (docs/delivery.md). */
  distribution: v.optional(orLater(arnOf("cloudfront"))),
  /**
   * The API with which users upload: "none", or who may and how much (docs/deploy.md). Without
   * `uploadOrigins` no page of a browser can call it.
   */
  uploads: v.optional(
    v.lazy((input) =>
      typeof input === "object" ? uploads : v.literal("none", 'it must be "none" or an object'),
    ),
    "none",
  ),
  /** Whether a table has an item for each image, and a topic tells of changes. Always with `uploads`. */
  catalog: v.optional(v.boolean("it must be true or false")),
  /** Where the catalog's notifications go. Default: to a new SNS topic. */
  notifications: v.optional(notifications, {}),
  /** A versioned bucket to replicate sources to. Only with a new source bucket and encryption "s3". */
  replicateTo: v.optional(arnOf("s3")),
  /**
   * The ARN of an SNS topic for alarms, instead of a new one. Its policy must allow cloudwatch, events and
   * budgets.amazonaws.com to publish.
   */
  alarmTopic: v.optional(orLater(arnOf("sns"))),
  /** Applies to the fleet's roles. */
  roles: v.optional(roles, {}),
  /** E-mail addresses for alarms. Each must confirm its subscription once. */
  alarmEmails: v.optional(v.array(v.pipe(v.string(), v.email("it must be an e-mail address"))), []),
  /**
   * Warns when the account's monthly bill reaches 80 % of it, or is forecast to reach 100 %. Needs
   * alarmEmails or alarmTopic.
   */
  monthlyBudgetUsd: v.optional(v.pipe(v.number(), v.minValue(1, "it must be at least 1"))),
  /**
   * Concurrent executions of the function. New accounts have a quota of 10 for all functions together, and
   * a throttled batch counts as received: stay below your quota. Default: 8, or ten per poller of `pollers`.
   */
  functionConcurrency: v.optional(whole(2, 1000)),
  /**
   * The pollers that Lambda keeps ready at the small queue, and how many there may be: its provisioned mode,
   * for bursts and for more than 1,000 functions, at a price per hour. docs/deploy.md has their cost.
   */
  pollers: v.optional(pollers),
  /** The most concurrent Fargate tasks. The service scales from 0. */
  workerTasks: v.optional(whole(1, 100), 10),
  /** Whether tasks, except for the first `onDemandTasks`, run on Fargate Spot. */
  spot: v.optional(v.boolean("it must be true or false"), true),
  /**
   * How many tasks run on demand before others run on Spot. Default: 1. With 0 the large lane waits while
   * Spot has no capacity.
   */
  onDemandTasks: v.optional(whole(0, 100)),
  /** The fleet's own metrics, and their graphs on the dashboard. docs/telemetry.md has their cost. */
  metrics: v.optional(v.boolean("it must be true or false"), true),
  /**
   * Where traces of jobs go: "off", "xray" (Transaction Search must be on in the account), or the OTLP
   * endpoint of a collector, `https://…/v1/traces`, that can be reached from the internet.
   */
  traces: v.optional(
    v.pipe(
      v.string(traces),
      v.regex(/^(off|xray|https?:\/\/\S+)$/, traces),
      v.check((value) => ["off", "xray"].includes(value) || URL.canParse(value), traces),
    ),
    "off",
  ),
  /** The share of jobs without a trace of their own that are traced, 0 to 1. */
  tracedShare: v.optional(
    v.pipe(v.number(share), v.minValue(0, share), v.maxValue(1, share)),
    0.05,
  ),
};

export const fleetSchema = v.strictObject(fleetEntries);

export const stageSchema = v.strictObject({
  /**
   * The name of this fleet, in every resource's name. SST takes two fleets with the same name, stage,
   * account and region for one: the later deployment would change the earlier fleet.
   */
  app: v.pipe(v.string(app), v.regex(/^[a-z][a-z0-9-]{1,29}$/, app)),
  /** The region to deploy to. The shell's region is ignored: it would create a second fleet. */
  region: v.pipe(v.string(regionCode), v.regex(REGION, regionCode)),
  /** The accounts that may be deployed to. Default: any. */
  accounts: v.optional(v.array(v.pipe(v.string(accountId), v.regex(/^\d{12}$/, accountId))), []),
  ...fleetEntries,
});

/** The names of all settings of a stage. */
export const SETTINGS = Object.keys(stageSchema.entries);

export type SettingsInput = v.InferInput<typeof stageSchema>;
export type Settings = v.InferOutput<typeof stageSchema> & Resolved;
export type FleetInput = v.InferInput<typeof fleetSchema>;
export type DeliverySettings = v.InferOutput<typeof delivery>;
export type PollerSettings = v.InferOutput<typeof pollers>;
export type UploadSettings = v.InferOutput<typeof uploads>;
export type FleetSettings = v.InferOutput<typeof fleetSchema> & Resolved;

/** Settings whose defaults depend on other settings. */
export interface Resolved {
  /** undefined: `pollers` limits the function. */
  readonly functionConcurrency: number | undefined;
  readonly onDemandTasks: number;
  readonly catalog: boolean;
}
