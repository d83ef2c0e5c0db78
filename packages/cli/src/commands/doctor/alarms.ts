import { clientConfig } from "@imagefleet/core/aws";
import { absentLocally, askFor, type Check, ok, problem } from "../../check/check.ts";
import { owned } from "../../connection/owned.ts";
import { isOfStage } from "../../connection/stage/names.ts";
import { EDGE_REGION } from "../../delivery/distribution.ts";
import { many } from "../../terminal/format.ts";
import { DEPLOY_AGAIN, type Fleet, type Stage } from "./fleet.ts";

/** The present state of a CloudWatch alarm. */
export interface Alarm {
  readonly name: string;
  readonly state: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly actsOnAlarm: boolean;
}

/** Without these alarms the fleet cannot scale, or dead letters raise no notification. */
const NEEDED = ["SmallDlqDepth", "LargeDlqDepth", "LargeBacklog", "LargeEmpty"] as const;
/** Needed where the stage has its own distribution. */
const OF_EDGE = "EdgeErrors";
/** Needed where the stage invalidates. */
const OF_INVALIDATIONS = "InvalidateDeadLetters";
/** Needed where the stage has a catalog, and where it has uploads. */
const OF_CATALOG = ["CatalogAge", "CatalogDeadLetters"];
const OF_UPLOADS = "UploadErrors";

/**
 * The alarms of a stage in a region; by default in the region of the fleet.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export async function alarmsOf(
  { prefix, clients }: Stage,
  region = regionOf(clients),
): Promise<readonly Alarm[]> {
  const { CloudWatchClient, paginateDescribeAlarms } = await import("@aws-sdk/client-cloudwatch");
  using client = owned(new CloudWatchClient(clientConfig({ ...clients("CLOUDWATCH"), region })));
  const alarms: Alarm[] = [];
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms(
    { client },
    { AlarmNamePrefix: prefix },
  )) {
    for (const alarm of MetricAlarms) {
      const name = alarm.AlarmName ?? "";
      if (!isOfStage(name, prefix, "[a-z]*")) continue;
      alarms.push({
        name: name.slice(prefix.length),
        state: alarm.StateValue ?? "INSUFFICIENT_DATA",
        description: alarm.AlarmDescription ?? "",
        actions: alarm.AlarmActions ?? [],
        actsOnAlarm: alarm.ActionsEnabled ?? true,
      });
    }
  }
  return alarms;
}

function regionOf(clients: Stage["clients"]): string | undefined {
  return clients("CLOUDWATCH").region;
}

/** Checks that every alarm exists, has an action and reports no problem. */
export async function alarmChecks({ stage }: Fleet): Promise<readonly Check[]> {
  if (stage === undefined) return [absentLocally("alarms", "alarms")];
  const { delivery, distribution, catalog, uploads } = stage.settings;
  const needed = [
    ...NEEDED,
    ...(delivery !== "none" && delivery.invalidate ? [OF_INVALIDATIONS] : []),
    ...(catalog ? OF_CATALOG : []),
    ...(uploads === "none" ? [] : [OF_UPLOADS]),
  ];
  const region = regionOf(stage.clients);
  if (delivery === "none" || distribution !== undefined) {
    return await checksIn("alarms", stage, region, needed);
  }
  if (region === EDGE_REGION) return await checksIn("alarms", stage, region, [...needed, OF_EDGE]);
  return [
    ...(await checksIn("alarms", stage, region, needed)),
    ...(await checksIn(`alarms in ${EDGE_REGION}`, stage, EDGE_REGION, [OF_EDGE])),
  ];
}

function checksIn(
  name: string,
  stage: Stage,
  region: string | undefined,
  needed: readonly string[],
): Promise<readonly Check[]> {
  return askFor(name, "cloudwatch:DescribeAlarms", async () => {
    const alarms = await alarmsOf(stage, region);
    const missing = needed.filter((each) => !alarms.some((alarm) => alarm.name === each));
    const wrongs = [
      ...missing.map((each) => wrong(each, "The alarm does not exist.", DEPLOY_AGAIN)),
      ...alarms.flatMap(alarmProblems),
    ];
    const well = alarms.filter((each) => alarmProblems(each).length === 0).length;
    const message = `${many(well, "alarm")} ${well === 1 ? "has" : "have"} an action and ${well === 1 ? "reports" : "report"} no problem.`;
    return well === 0 ? wrongs : [...wrongs, ok(name, message)];
  });
}

/** These alarms start and stop tasks: they go into alarm in normal operation. */
function scales({ name }: Alarm): boolean {
  return /^Large(Backlog|Empty)$/.test(name);
}

function alarmProblems(alarm: Alarm): Check[] {
  const { name, state, description, actions, actsOnAlarm } = alarm;
  if (actions.length === 0 || !actsOnAlarm) {
    const effect = scales(alarm) ? "starts or stops no task" : "notifies no one";
    return [wrong(name, `The alarm has no enabled action: in alarm it ${effect}.`, DEPLOY_AGAIN)];
  }
  if (state !== "ALARM" || scales(alarm)) return [];
  return [wrong(name, `The alarm is in alarm: ${description}.`, "Follow docs/operations.md.")];
}

function wrong(name: string, message: string, fix: string): Check {
  return problem(`alarm ${name}`, message, fix);
}
