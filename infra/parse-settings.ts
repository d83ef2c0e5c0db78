import * as v from "valibot";
import { CONSUME, WORKER } from "./numbers.ts";
import {
  type FleetSettings,
  fleetSchema,
  type Resolved,
  type Settings,
  stageSchema,
} from "./settings-schema.ts";

/**
 * Parses the settings of a stage of this repository's app.
 *
 * @throws Error naming each invalid field, its value and the fix
 */
export function parseSettings(stage: string, input: unknown): Settings {
  return parsed(stageSchema, stage, input, `infra/settings.ts, stage "${stage}"`);
}

const NAME = /^[A-Z][A-Za-z0-9]{0,19}$/;

/**
 * Parses the settings of a fleet in any app.
 *
 * @throws Error naming each invalid field, its value and the fix
 */
export function parseFleet(name: string, stage: string, input: unknown): FleetSettings {
  if (!NAME.test(name)) {
    throw new Error(
      `Imagefleet ${JSON.stringify(name)}: the name must be 1 to 20 letters and digits, starting with a capital, such as "Photos"`,
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
  const issues = result.success ? relatedIssues(stage, result.output) : result.issues.map(issueOf);
  if (result.success && issues.length === 0) {
    const { spot, workerTasks, onDemandTasks = WORKER.onDemandTasks } = result.output;
    const { pollers, functionConcurrency = CONSUME.concurrency } = result.output;
    return {
      ...result.output,
      functionConcurrency: pollers ? undefined : functionConcurrency,
      onDemandTasks: spot ? onDemandTasks : workerTasks,
      catalog: hasCatalog(result.output),
    };
  }
  throw new Error(`${where}: ${issues.join("; ")}`);
}

/** Before defaults that depend on other settings are resolved. */
type Given = v.InferOutput<typeof fleetSchema>;

function relatedIssues(stage: string, settings: Given): string[] {
  return [
    ...keepIssues(stage, settings),
    ...sourceIssues(settings),
    ...renditionIssues(settings),
    ...deliveryIssues(settings),
    ...distributionIssues(settings),
    ...catalogIssues(settings),
    ...replicationIssues(settings),
    ...budgetIssues(settings),
    ...pollerIssues(settings),
    ...capacityIssues(settings),
  ];
}

/** Stage names that suggest data which must not be lost. */
const LIVE = /^(prod|live|main|master|release|stag)/i;

function keepIssues(stage: string, { keep }: Given): string[] {
  return keep || !LIVE.test(stage)
    ? []
    : [
        `keep is false: removing "${stage}" would delete its images; name the stage in infra/settings.ts, with keep: true`,
      ];
}

/** Settings that apply only to a new source bucket. */
function sourceIssues({ source, uploads, uploadOrigins, archiveAfterDays }: Given): string[] {
  if (source === "new") return [];
  return [
    ...(uploadOrigins.length > 0 && uploads === "none"
      ? ["uploadOrigins: set CORS on your own bucket instead"]
      : []),
    ...(archiveAfterDays === undefined
      ? []
      : ["archiveAfterDays: set a lifecycle rule on your own bucket instead"]),
  ];
}

/** Settings that apply only to a new rendition bucket. */
function renditionIssues({ source, renditions, distribution }: Given): string[] {
  if (renditions === "new") return [];
  const { bucket } = renditions;
  return [
    ...(distribution === undefined
      ? []
      : ["distribution: allow it to read in the policy of your own rendition bucket instead"]),
    ...(source !== "new" && source.bucket === bucket
      ? [
          `renditions.bucket is ${typeof bucket === "string" ? `${JSON.stringify(bucket)}, ` : ""}the source's: name another, because renditions would start the fleet again`,
        ]
      : []),
  ];
}

function deliveryIssues({ delivery }: Given): string[] {
  const { domain } = delivery === "none" ? {} : delivery;
  return domain && !domain.route53 && domain.certificateArn === undefined
    ? [
        `delivery.domain.route53 is false: set delivery.domain.certificateArn to a certificate for ${domain.name} in us-east-1`,
      ]
    : [];
}

/** What of `delivery` concerns the fleet's functions, and so also your own distribution. */
const OF_FUNCTIONS = ["concurrency", "invalidate"];

/** Settings that apply only to a new distribution. The component parses the defaults again. */
function distributionIssues({ delivery, distribution }: Given): string[] {
  if (distribution === undefined) return [];
  if (delivery === "none") {
    return [
      'delivery is "none": leave out distribution too, or leave out delivery for the function that makes missing renditions',
    ];
  }
  return Object.entries(delivery)
    .filter(([field, value]) => !OF_FUNCTIONS.includes(field) && isSet(value))
    .map(([field]) => `delivery.${field}: set it in your own distribution instead`);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

function hasCatalog({ uploads, catalog = uploads !== "none" }: Given): boolean {
  return catalog;
}

function catalogIssues(settings: Given): string[] {
  const { uploads, renditions, notifications } = settings;
  const ofRenditions = renditions === "new" ? undefined : renditions.notifications;
  if (!hasCatalog(settings)) {
    const without = Object.keys(notifications).map((field) => `notifications.${field}`);
    return [
      ...(uploads === "none"
        ? []
        : [
            "catalog is false: uploads need it, because their limits and states are in its table; leave catalog out",
          ]),
      ...[...without, ...(ofRenditions === undefined ? [] : ["renditions.notifications"])].map(
        (field) =>
          `${field}: only the catalog has notifications; set catalog: true or leave it out`,
      ),
    ];
  }
  return renditions === "new" || ofRenditions !== undefined
    ? []
    : [
        'renditions.notifications is missing: the catalog is notified of manifests by your own bucket; write "replace" or "by-hand"',
      ];
}

function budgetIssues({ monthlyBudgetUsd, alarmEmails, alarmTopic }: Given): string[] {
  return monthlyBudgetUsd === undefined || alarmEmails.length > 0 || alarmTopic !== undefined
    ? []
    : [
        `monthlyBudgetUsd is ${monthlyBudgetUsd}: the warning has no recipient; set alarmEmails too`,
      ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
function pollerIssues({ pollers, functionConcurrency }: Given): string[] {
  if (pollers === undefined) return [];
  const { min, max } = pollers;
  return [
    ...(min <= max
      ? []
      : [`pollers.min is ${min}: it must be at most pollers.max, which is ${max}`]),
    ...(functionConcurrency === undefined
      ? []
      : [
          `functionConcurrency is ${functionConcurrency}: AWS takes no maximum concurrency beside pollers, where ten times pollers.max is the limit; leave one of the two out`,
        ]),
  ];
}

function capacityIssues({ spot, onDemandTasks, workerTasks }: Given): string[] {
  if (onDemandTasks === undefined) return [];
  const is = `onDemandTasks is ${onDemandTasks}`;
  // The component parses settings again that the stage has already resolved.
  if (!spot && onDemandTasks !== workerTasks) {
    return [`${is}: with spot: false every task runs on demand; leave it out`];
  }
  return onDemandTasks <= workerTasks
    ? []
    : [
        `${is}: it must be at most workerTasks, which is ${workerTasks}; for no task on Spot, set spot: false`,
      ];
}

function replicationIssues({ source, replicateTo, encryption }: Given): string[] {
  if (replicateTo === undefined) return [];
  const is = `replicateTo is ${JSON.stringify(replicateTo)}`;
  return [
    ...(source === "new" ? [] : [`${is}: replicate your own bucket yourself; leave it out`]),
    ...(encryption === "s3"
      ? []
      : [
          `${is}: it needs encryption "s3", because other buckets cannot decrypt a KMS key's objects; set it or leave replicateTo out`,
        ]),
  ];
}

/** The fix, where a schema has no message of its own. */
function mustBe(expected: string | null): string {
  const kinds = { string: "a text", number: "a number", Array: "a list", Object: "an object" };
  const kind = Object.entries(kinds).find(([type]) => type === expected)?.[1];
  return `it must be ${kind ?? expected}`;
}

function issueOf(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "the settings";
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `${field} is not a setting: see infra/settings-schema.ts`;
  }
  const value = JSON.stringify(issue.input);
  if (value !== undefined) return `${field} is ${value}: ${issue.message}`;
  return issue.type === "string" ? `${field} is missing: ${issue.message}` : `${field} is missing`;
}
