import { readFileSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { settingsFromEnv } from "./env.ts";
import { parseFleet, parseSettings } from "./parse-settings.ts";
import { stages } from "./settings.ts";
import { SETTINGS } from "./settings-schema.ts";
import { settingsOf } from "./stage-settings.ts";

const NAMED = { app: "photos", region: "eu-west-1" };

const DISTRIBUTION = "arn:aws:cloudfront::123456789012:distribution/E1ABC";

afterEach(() => vi.unstubAllEnvs());

it("are complete when nothing is said", () => {
  expect(parseSettings("x", NAMED)).toEqual({
    ...NAMED,
    accounts: [],
    keep: true,
    network: { cidr: "10.20.0.0/16" },
    source: "new",
    renditions: "new",
    encryption: "s3",
    roles: { tags: {} },
    formerKeys: [],
    uploadOrigins: [],
    uploads: "none",
    catalog: false,
    notifications: {},
    keepDeletedDays: 90,
    delivery: { keyGroups: [], invalidate: false, hitRatioAlarm: false },
    alarmEmails: [],
    functionConcurrency: 8,
    workerTasks: 10,
    spot: true,
    onDemandTasks: 1,
    metrics: true,
    traces: "off",
    tracedShare: 0.05,
  });
});

it("are in docs/deploy.md, each of them and no other", () => {
  const docs = readFileSync(new URL("../docs/deploy.md", import.meta.url), "utf8");
  const rows = docs.split("| setting | default | |")[1]?.split("\n\n")[0] ?? "";
  const firstCells = rows.split("\n").map((row) => row.split("|")[1] ?? "");
  const documented = firstCells.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
  expect(documented.sort()).toEqual([...SETTINGS].sort());
});

it.each(Object.entries(stages))("of the stage %s can be used, once named", (stage, settings) => {
  expect(() => parseSettings(stage, { ...settings, ...NAMED })).not.toThrow();
});

it("stop a deployment that nobody has named, with the lines to write", () => {
  expect(() => settingsOf("production")).toThrow('as app: "acme-photos"');
  expect(() => settingsOf("production")).toThrow('as region: "eu-central-1"');
});

it("refuse keep: false for a stage whose name suggests live data", () => {
  for (const stage of ["prod", "live", "main", "staging", "production-eu"]) {
    expect(() => parseSettings(stage, { ...NAMED, keep: false })).toThrow(
      "would delete its images",
    );
    expect(parseSettings(stage, NAMED).keep).toBe(true);
  }
  expect(parseSettings("review-7", { ...NAMED, keep: false }).keep).toBe(false);
});

it.each([
  [{ app: "Photos" }, 'app is "Photos": write a name of your own'],
  [{ region: "Frankfurt" }, 'region is "Frankfurt": write the region to deploy to'],
  [{ accounts: ["1234"] }, 'accounts.0 is "1234": it must be an account\'s number'],
  [{ keep: "no" }, 'keep is "no": it must be true or false'],
  [{ network: { cidr: "10.20.0.0/24" } }, 'network.cidr is "10.20.0.0/24": it must be a /16 range'],
  [{ network: { vpcId: "vpc-1" } }, "network.subnets is missing"],
  [{ uploadOrigins: ["*"] }, 'uploadOrigins.0 is "*": it must be an origin'],
  [
    { source: { bucket: "photos", notifications: "by-hand" }, archiveAfterDays: 60 },
    "archiveAfterDays: set a lifecycle rule on your own bucket instead",
  ],
  [{ encryption: "none" }, 'encryption is "none": '],
  [{ soruce: "new" }, "soruce is not a setting"],
  [{ source: { bucket: "s3://photos", notifications: "replace" } }, "it must be a bucket's name"],
  [{ source: { bucket: "photos" } }, "source.notifications is missing"],
  [{ source: "photos" }, 'source is "photos": it must be "new", or {'],
  [
    { functionConcurrency: 1 },
    "functionConcurrency is 1: it must be a whole number from 2 to 1000",
  ],
  [{ pollers: 5 }, "pollers is 5: it must be { min, max }, such as { min: 2, max: 50 }"],
  [{ pollers: { min: 2 } }, "pollers.max is missing"],
  [{ pollers: { min: 1, max: 5 } }, "pollers.min is 1: it must be a whole number from 2 to 200"],
  [
    { pollers: { min: 2, max: 2001 } },
    "pollers.max is 2001: it must be a whole number from 2 to 2000",
  ],
  [{ pollers: { min: 9, max: 5 } }, "pollers.min is 9: it must be at most pollers.max, which is 5"],
  [
    { pollers: { min: 2, max: 5 }, functionConcurrency: 50 },
    "functionConcurrency is 50: AWS takes no maximum concurrency beside pollers, where ten times pollers.max is the limit; leave one of the two out",
  ],
  [{ workerTasks: 2.5 }, "workerTasks is 2.5: it must be a whole number from 1 to 100"],
  [{ spot: "no" }, 'spot is "no": it must be true or false'],
  [{ onDemandTasks: -1 }, "onDemandTasks is -1: it must be a whole number from 0 to 100"],
  [
    { onDemandTasks: 12 },
    "onDemandTasks is 12: it must be at most workerTasks, which is 10; for no task on Spot, set spot: false",
  ],
  [
    { spot: false, onDemandTasks: 2 },
    "onDemandTasks is 2: with spot: false every task runs on demand; leave it out",
  ],
  [{ alarmEmails: ["me"] }, 'alarmEmails.0 is "me": it must be an e-mail address'],
  [{ traces: "on" }, 'traces is "on": it must be "off", "xray" or the URL of an OTLP endpoint'],
  [{ traces: "http://collector:99999" }, 'traces is "http://collector:99999": it must be "off"'],
  [{ tracedShare: 5 }, "tracedShare is 5: it must be a number from 0 to 1"],
  [{ metrics: "on" }, 'metrics is "on": it must be true or false'],
  [{ monthlyBudgetUsd: 0 }, "monthlyBudgetUsd is 0: it must be at least 1"],
  [
    { monthlyBudgetUsd: 200 },
    "monthlyBudgetUsd is 200: the warning has no recipient; set alarmEmails",
  ],
  [{ replicateTo: "backup" }, "it must begin with arn:aws:s3:"],
  [
    {
      replicateTo: "arn:aws:s3:::b",
      encryption: "kms",
      source: { bucket: "photos", notifications: "replace" },
    },
    "replicate your own bucket yourself",
  ],
  [{ replicateTo: "arn:aws:s3:::b", encryption: "kms" }, 'it needs encryption "s3"'],
  [{ renditions: "photos" }, 'renditions is "photos": it must be "new", or { bucket }'],
  [{ renditions: null }, 'renditions is null: it must be "new", or { bucket }'],
  [{ renditions: { bucket: 5 } }, "renditions.bucket is 5: it must be a bucket's name"],
  [
    { renditions: { bucket: "s3://made" } },
    'renditions.bucket is "s3://made": it must be a bucket\'s name, without s3:// or arn:',
  ],
  [
    { renditions: { bucket: "made", kmsKeyArn: "mine" } },
    'renditions.kmsKeyArn is "mine": it must begin with arn:aws:kms:',
  ],
  [
    {
      source: { bucket: "photos", notifications: "replace" },
      renditions: { bucket: "photos" },
    },
    'renditions.bucket is "photos", the source\'s: name another',
  ],
  [{ roles: "admin" }, 'roles is "admin": it must be { permissionsBoundary, namePrefix, tags }'],
  [
    { roles: { permissionsBoundary: "boundary" } },
    'roles.permissionsBoundary is "boundary": it must begin with arn:aws:iam:',
  ],
  [{ roles: { permissionsBoundary: 5 } }, "roles.permissionsBoundary is 5: it must begin with"],
  [
    { roles: { namePrefix: "our team" } },
    'roles.namePrefix is "our team": it must be 1 to 20 letters, digits, hyphens and underscores',
  ],
  [{ roles: { tags: "photos" } }, 'roles.tags is "photos": it must be an object'],
  [{ roles: { tags: { cost: 5 } } }, "roles.tags.cost is 5: it must be a text"],
  [{ alarmTopic: "pager" }, 'alarmTopic is "pager": it must begin with arn:aws:sns:'],
  [{ alarmTopic: 5 }, "alarmTopic is 5: it must begin with arn:aws:sns:"],
  [{ uploadOrigins: "*" }, 'uploadOrigins is "*": it must be a list'],
  [
    { delivery: { originShield: "Frankfurt" } },
    'delivery.originShield is "Frankfurt": it must be a region near the buckets, such as "eu-central-1"',
  ],
  [
    { delivery: { domain: { name: "images.example.com", route53: false } } },
    "delivery.domain.route53 is false: set delivery.domain.certificateArn to a certificate for images.example.com in us-east-1",
  ],
  [{ delivery: { invalidate: "yes" } }, 'delivery.invalidate is "yes": it must be true or false'],
  ...Object.entries({
    domain: { name: "images.example.com" },
    keyGroups: ["8f1b5c1e-0000-4000-8000-123456789012"],
    requestsPer5Minutes: 3000,
    originShield: "eu-west-1",
    accessLogs: "arn:aws:s3:::my-logs",
    hitRatioAlarm: true,
    alarmTopic: "arn:aws:sns:us-east-1:123456789012:pager",
  }).map(([field, value]): [object, string] => [
    { distribution: DISTRIBUTION, delivery: { [field]: value } },
    `delivery.${field}: set it in your own distribution instead`,
  ]),
  [
    { distribution: DISTRIBUTION, delivery: "none" },
    'delivery is "none": leave out distribution too, or leave out delivery for the function that makes missing renditions',
  ],
  [{ monthlyBudgetUsd: "200" }, 'monthlyBudgetUsd is "200": it must be a number'],
  [
    { source: { bucket: "photos", notifications: "none" } },
    'source.notifications is "none": it must be ("replace" | "by-hand" | "eventbridge")',
  ],
])("refuse %j, and name what is wrong", (input, message) => {
  const parse = () => parseSettings("production", { ...NAMED, ...input });
  expect(parse).toThrow(message);
  expect(parse).toThrow('stage "production"');
});

const JWT = { jwt: { issuer: "https://login.example.com/", audiences: ["photos"] } };

it("bring the catalog with uploads, once and again", () => {
  const settings = parseFleet("Photos", "production", { uploads: { authorizer: JWT } });
  expect(settings.catalog).toBe(true);
  expect(settings.uploads).toMatchObject({
    authorizer: JWT,
    key: "uploads/{user}/{id}.{ext}",
    perHour: 100,
    bytesPerDay: 10_000_000_000,
    requestsPerSecond: 50,
  });
  expect(JSON.stringify(settings.uploads)).not.toContain("svg");
  expect(parseFleet("Photos", "production", settings)).toEqual(settings);
  expect(parseFleet("Photos", "production", { catalog: true }).uploads).toBe("none");
  const own = { source: { bucket: "photos", notifications: "by-hand" } };
  const origins = { uploadOrigins: ["https://app.example.com"], uploads: { authorizer: JWT } };
  expect(() => parseFleet("Photos", "x", { ...own, ...origins })).not.toThrow();
});

const REFUSED: readonly (readonly [settings: object, fault: string])[] = [
  [{ uploads: "all" }, 'uploads is "all": it must be "none" or an object'],
  [{ uploads: {} }, "uploads.authorizer is missing"],
  [
    { uploads: { authorizer: { jwt: { issuer: "http://x", audiences: ["a"] } } } },
    'uploads.authorizer.jwt.issuer is "http://x": it must be the https address of an issuer',
  ],
  [
    { uploads: { authorizer: { jwt: { issuer: "https://x", audiences: [] } } } },
    "uploads.authorizer.jwt.audiences is []: it must name an audience",
  ],
  [
    { uploads: { authorizer: { lambda: "who" } } },
    'uploads.authorizer.lambda is "who": it must be the ARN of a function',
  ],
  ...[
    "uploads/{user}.{ext}",
    "{user}/{id}.{ext}",
    "../{user}/{id}.{ext}",
    "u/{user}{id}.{ext}",
  ].map(
    (key) =>
      [
        { uploads: { authorizer: JWT, key } },
        `uploads.key is ${JSON.stringify(key)}: it must begin with a folder`,
      ] as const,
  ),
  [
    { uploads: { authorizer: JWT, types: ["text/html"] } },
    'uploads.types.0 is "text/html": it must be one of image/jpeg',
  ],
  [
    { uploads: { authorizer: JWT, maxBytes: 0 } },
    "uploads.maxBytes is 0: it must be a whole number from 1",
  ],
  [{ uploads: { authorizer: JWT }, catalog: false }, "catalog is false: uploads need it"],
  [
    { notifications: { eventBus: "default" } },
    "notifications.eventBus: only the catalog has notifications; set catalog: true",
  ],
  [
    { catalog: true, notifications: { eventBus: "mine" } },
    'notifications.eventBus is "mine": it must be "default", or begin with arn:aws:events:',
  ],
  [
    { catalog: true, notifications: { topicArn: "pictures" } },
    'notifications.topicArn is "pictures": it must begin with arn:aws:sns:',
  ],
  [
    { catalog: true, renditions: { bucket: "mine" } },
    "renditions.notifications is missing: the catalog is notified",
  ],
  [
    { renditions: { bucket: "mine", notifications: "replace" } },
    "renditions.notifications: only the catalog has notifications",
  ],
];

it.each(REFUSED)("refuse uploads and a catalog that cannot be: %j", (settings, fault) => {
  expect(() => parseSettings("production", { ...NAMED, ...settings })).toThrow(fault);
});

it("take a distribution of one's own with what concerns the functions, once and again", () => {
  const given = { distribution: DISTRIBUTION, delivery: { concurrency: 50, invalidate: true } };
  const settings = parseFleet("Photos", "production", given);
  expect(settings).toMatchObject(given);
  expect(parseFleet("Photos", "production", settings)).toEqual(settings);
});

it("take pollers in the place of a concurrency, once and again", () => {
  const settings = parseFleet("Photos", "production", { pollers: { min: 2, max: 2 } });
  expect(settings).toMatchObject({ pollers: { min: 2, max: 2 }, functionConcurrency: undefined });
  expect(parseFleet("Photos", "production", settings)).toEqual(settings);
});

it.each(["photos", "", "My photos", "P".repeat(21)])(
  "of a fleet refuse %j as its name, and say which it may have",
  (name) => {
    expect(() => parseFleet(name, "production", {})).toThrow(
      `Imagefleet ${JSON.stringify(name)}: the name must be 1 to 20 letters and digits, starting with a capital, such as "Photos"`,
    );
    expect(() => parseFleet("Photos", "production", {})).not.toThrow();
  },
);

it("of a fleet say which fleet they are of", () => {
  expect(() => parseFleet("Photos", "production", { alarmTopic: "pager" })).toThrow(
    'Imagefleet "Photos", stage "production": alarmTopic is "pager"',
  );
});

it("may be given for one deployment by the environment", () => {
  expect(settingsFromEnv()).toEqual({});
  vi.stubEnv("IMAGEFLEET_SETTINGS", '{"workerTasks": 3}');
  expect(settingsFromEnv()).toEqual({ workerTasks: 3 });
  for (const text of ["[1]", "workerTasks=3", "null"]) {
    vi.stubEnv("IMAGEFLEET_SETTINGS", text);
    expect(settingsFromEnv).toThrow(`IMAGEFLEET_SETTINGS is ${text}: it must be a JSON object`);
  }
});
