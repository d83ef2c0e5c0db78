import { clientConfig } from "@imagefleet/core/aws";
import { askFor, type Check, noneHere } from "../../check/check.ts";
import { isOfStage } from "../../connection/stage/names.ts";
import { many } from "../../terminal/thousands.ts";
import { DEPLOY_AGAIN, type Patient, type Stage } from "./fleet.ts";

/** An alarm of CloudWatch as it is now. */
export interface Alarm {
  readonly name: string;
  readonly state: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly actsOnAlarm: boolean;
}

/** The alarms without which the fleet cannot scale, or nobody hears of dead letters. */
const NEEDED = ["SmallDlqDepth", "LargeDlqDepth", "LargeBacklog", "LargeEmpty"] as const;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
export async function alarmsOf({ prefix, clients }: Stage): Promise<readonly Alarm[]> {
  const { CloudWatchClient, paginateDescribeAlarms } = await import("@aws-sdk/client-cloudwatch");
  const client = new CloudWatchClient(clientConfig(clients.CLOUDWATCH));
  try {
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
  } finally {
    client.destroy();
  }
}

/** Every alarm: is it there, does it tell anybody, is it off? */
export async function alarmChecks({ stage }: Patient): Promise<readonly Check[]> {
  if (stage === undefined) return [noneHere("alarms", "alarms")];
  return askFor("alarms", "cloudwatch:DescribeAlarms", async () => {
    const alarms = await alarmsOf(stage);
    const missing = NEEDED.filter((name) => !alarms.some((alarm) => alarm.name === name));
    const wrongs = [
      ...missing.map((name) => wrong(name, "It is not there.", DEPLOY_AGAIN)),
      ...alarms.flatMap(alarmFaults),
    ];
    const well = alarms.filter((each) => alarmFaults(each).length === 0).length;
    const says = `${many(well, "alarm")} would tell of what goes wrong, and nothing does.`;
    return well === 0 ? wrongs : [...wrongs, { name: "alarms", state: "ok", says }];
  });
}

/** Alarms that start and stop tasks are off and on by turns: that is how the lane scales. */
function scales({ name }: Alarm): boolean {
  return /^Large(Backlog|Empty)$/.test(name);
}

function alarmFaults(alarm: Alarm): Check[] {
  const { name, state, description, actions, actsOnAlarm } = alarm;
  if (actions.length === 0 || !actsOnAlarm) {
    const does = scales(alarm) ? "starts or stops no task" : "tells nobody";
    return [wrong(name, `It has no action, so that it ${does} when it goes off.`, DEPLOY_AGAIN)];
  }
  if (state !== "ALARM" || scales(alarm)) return [];
  return [
    wrong(name, `It has gone off: ${description}.`, "See docs/operations.md for what to do."),
  ];
}

function wrong(name: string, says: string, fix: string): Check {
  return { name: `alarm ${name}`, state: "wrong", says, fix };
}
