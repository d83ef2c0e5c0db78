import {
  Alarm,
  Chance,
  Metrics,
  metricId,
  readAlarm,
  readExpression,
  type Series,
  single,
} from "@imagefleet/simulation";
import { describe, expect, it } from "vitest";
import { all, at, textAt } from "./read.ts";
import type { Json, Resource } from "./resource.ts";
import { graphsOf } from "./variants.ts";

/** Is an alarm in ALARM after the last minute of these metrics? */
function isInAlarm(
  resource: Resource,
  values: Readonly<Record<string, Series>>,
  longer?: number,
): boolean {
  const metrics = new Metrics(new Chance(1, "metrics"), { least: 0, most: 0, missing: 0 });
  const options = readAlarm(resource);
  const minutes = Math.max(...Object.values(values).map(({ length }) => length));
  for (const { id, namespace, name, dimensions } of options.metrics) {
    for (const [minute, value] of (values[id] ?? []).entries()) {
      if (value === undefined) continue;
      metrics.record(metricId(namespace, name, dimensions), minute, single(value), "all");
    }
  }
  const alarm = new Alarm(options, metrics, longer);
  return alarm.evaluate(minutes - 1, Number.POSITIVE_INFINITY).state === "ALARM";
}

const graph = graphsOf("production", "all settings", "its own network and intake");
type Name = Parameters<typeof graph>[0];

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

  it.each([0, 1, 2, 3, 5])("%i minutes late", (tail) => {
    // Messages wait, and none is in flight: SQS then reports no value for that metric.
    const waits = { waiting: late(20, 50, tail), inFlight: late(20, undefined, tail) };
    expect(isInAlarm(named("LargeBacklog"), waits)).toBe(true);
    expect(isInAlarm(named("LargeEmpty"), waits)).toBe(false);
    expect(isInAlarm(named("WorkerMissing"), waits)).toBe(true);
    // The last message is in flight.
    const works = { waiting: late(20, 0, tail), inFlight: late(20, 1, tail) };
    expect(isInAlarm(named("LargeBacklog"), works)).toBe(true);
    expect(isInAlarm(named("LargeEmpty"), works)).toBe(false);
    expect(isInAlarm(named("WorkerMissing"), works)).toBe(false);
    // All is done.
    const rests = { waiting: late(20, 0, tail), inFlight: late(20, undefined, tail) };
    expect(isInAlarm(named("LargeBacklog"), rests)).toBe(false);
    expect(isInAlarm(named("LargeEmpty"), rests)).toBe(true);
    expect(isInAlarm(named("WorkerMissing"), rests)).toBe(false);
  });

  it("would be stuck, were what is late filled in", () => {
    const filled = "waiting + FILL(inFlight, 0)";
    const late = { waiting: [50, undefined], inFlight: [undefined, undefined] };
    expect(readExpression(filled)(late)).toEqual([50, 0]);
    expect(readExpression("waiting + inFlight")(late)).toEqual([50, undefined]);
  });
});

describe.each([0, 1, 3, 6])(
  "the alarm of crashed dead letters, looking %i periods further back",
  (longer) => {
    const HOUR = 60;
    /** What happens in a minute: dead letters that somebody sends, that SQS moves, that somebody takes away. */
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
      const waiting = lying.map((dlq, minute) => (minutes[minute]?.read ? 0 : dlq));
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

    it.each(reports)("says nothing of dead letters that were sent: %j", (how) => {
      expect(minutesInAlarm(once(100, { sent: 7 }), how)).toEqual([]);
      expect(minutesInAlarm((minute) => (minute % 3 === 0 ? { sent: 1 } : {}), how)).toEqual([]);
    });

    it.each(reports)("says nothing when dead letters are read, or taken away: %j", (how) => {
      expect(minutesInAlarm(once(100, { taken: 12 }), how)).toEqual([]);
      const reads = (minute: number) => ({ read: minute >= 100 && minute < 104 });
      expect(minutesInAlarm(reads, how)).toEqual([]);
    });

    it("tells of those that come between dead letters that were sent", () => {
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
      const minutes = minutesInAlarm(twice);
      expect(minutes).not.toContain(149);
      expect(minutes).toContain(165);
    });
  },
);

describe("what ECS says of tasks", () => {
  const target = (name: Name, rule: string) => {
    const found = all(graph(name), "cloudwatch/eventTarget:EventTarget").find(
      (each) => each.name === `${rule}Target`,
    );
    return transformed(at(found?.inputs, "inputTransformer") ?? null, NOT_PLACED);
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
    "%s is sent unchanged, after a sentence for people",
    (rule) => {
      const [first, ...others] = Object.entries(target("production", rule));
      expect(first).toEqual(["imagefleet", expect.stringMatching(/^A .*worker.*\. /)]);
      expect(Object.fromEntries(others)).toEqual(NOT_PLACED);
    },
  );

  it("tells which setting to change when there is no capacity", () => {
    const said = (name: Name) => target(name, "WorkerNotPlaced")["imagefleet"];
    expect(said("production")).toContain(
      "at most 1, keep working. If the large lane must not wait, raise",
    );
    expect(said("all settings")).toContain("at most 3, keep working. If");
    expect(said("its own network and intake")).toMatch(/On-Demand vCPUs .* lower workerTasks/);
    expect(said("its own network and intake")).not.toContain("Spot");
  });
});

/** What EventBridge sends a target of an event. */
function transformed(transformer: Json, event: Json): Record<string, Json> {
  const template = textAt(transformer, "inputTemplate").replaceAll(/<(\w+)>/g, (_, variable) =>
    JSON.stringify(at(event, textAt(transformer, `inputPaths.${variable}`).replace("$.", ""))),
  );
  const sent: Record<string, Json> = JSON.parse(template);
  return sent;
}
