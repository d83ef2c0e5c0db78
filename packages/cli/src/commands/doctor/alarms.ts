import { clientConfig } from "@imagefleet/core/aws";
import { absentLocally, askFor, type Check, ok, problem } from "../../check/check.ts";
import { owned } from "../../connection/owned.ts";
import { isOfStage } from "../../connection/stage/names.ts";
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

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
export async function alarmsOf({ prefix, clients }: Stage): Promise<readonly Alarm[]> {
  const { CloudWatchClient, paginateDescribeAlarms } = await import("@aws-sdk/client-cloudwatch");
  using client = owned(new CloudWatchClient(clientConfig(clients("CLOUDWATCH"))));
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

/** Checks that every alarm exists, has an action and reports no problem. */
export async function alarmChecks({ stage }: Fleet): Promise<readonly Check[]> {
  if (stage === undefined) return [absentLocally("alarms", "alarms")];
  return askFor("alarms", "cloudwatch:DescribeAlarms", async () => {
    const alarms = await alarmsOf(stage);
    const missing = NEEDED.filter((name) => !alarms.some((alarm) => alarm.name === name));
    const wrongs = [
      ...missing.map((name) => wrong(name, "The alarm does not exist.", DEPLOY_AGAIN)),
      ...alarms.flatMap(alarmProblems),
    ];
    const well = alarms.filter((each) => alarmProblems(each).length === 0).length;
    const message = `${many(well, "alarm")} ${well === 1 ? "has" : "have"} an action and ${well === 1 ? "reports" : "report"} no problem.`;
    return well === 0 ? wrongs : [...wrongs, ok("alarms", message)];
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
