import type { AlarmOptions, Deployment } from "@imagefleet/simulation";
import type { History, Minute } from "./history.ts";

/** When an alarm must notify somebody, and when it must not. */
interface Expectation {
  /** Is there certainly a cause in this minute? */
  readonly must: (minutes: readonly Minute[], at: number) => boolean;
  /** For so many minutes without a break, until the alarm has to be in ALARM, */
  readonly lasting: number;
  /** and so many minutes later, with metrics on time. Default: 2 */
  readonly within?: number;
  /** Is there something of a cause in this minute? Without one, the alarm must not go off. */
  readonly may: (minutes: readonly Minute[], at: number) => boolean;
  /** The same where some minutes' metrics never come. */
  readonly mayIfLossy?: Expectation["may"];
  /** Minutes for which a cause is remembered, besides those by which metrics are late. */
  readonly memory: number;
}

type Count = (minute: Minute) => number;

const PERIOD = 5;
/** Periods that an alarm may look further back, and one for its own. */
const RANGE = 3 + 1;

/** Something of which there is too much in every minute; for several periods: in as many minutes at least. */
function level(
  count: Count,
  threshold: number,
  periods = 1,
  {
    weak = threshold,
    strong = threshold,
    certain = count,
  }: { weak?: number; strong?: number; certain?: Count } = {},
): Expectation {
  const memory = PERIOD * (periods + RANGE);
  return {
    must: (minutes, at) => read(minutes, at, certain) >= strong,
    // Of several periods each must have it; of one, a minute is enough.
    lasting: periods > 1 ? PERIOD * periods : 1,
    may: (minutes, at) => {
      let found = 0;
      for (let each = at; each > at - memory && found < periods; each--) {
        if (read(minutes, each, count) >= weak) found += 1;
      }
      return found >= periods;
    },
    memory,
  };
}

function read(minutes: readonly Minute[], at: number, count: Count): number {
  const minute = minutes[at];
  return minute === undefined ? 0 : count(minute);
}

function most(minutes: readonly Minute[], from: number, to: number, count: Count): number {
  let found = 0;
  for (let at = Math.max(0, from); at <= to; at++)
    found = Math.max(found, read(minutes, at, count));
  return found;
}

/** A dead-letter queue that has more visible messages than in the half hour before, and keeps them. */
function growth(name: string): Expectation {
  const visible: Count = ({ queues }) => queues[name]?.visible ?? 0;
  const grew = (minutes: readonly Minute[], at: number) =>
    read(minutes, at, visible) > most(minutes, at - 1, at - 1, visible);
  return {
    must: (minutes, at) =>
      read(minutes, at, visible) > most(minutes, at - 30, at - 1, visible) &&
      read(minutes, at, visible) <= read(minutes, at + 15, visible),
    lasting: 1,
    may: grew,
    memory: PERIOD * (2 + RANGE),
  };
}

/**
 * Where a minute's metrics never come, those that were sent in it look like crashed ones: somebody is
 * notified of the same dead letters twice.
 */
function crashed(name: string, dlq: string): Expectation {
  const moved: Count = ({ queues }) => queues[name]?.moved ?? 0;
  const visible: Count = ({ queues }) => queues[dlq]?.visible ?? 0;
  const grew = (minutes: readonly Minute[], at: number) =>
    read(minutes, at, moved) > read(minutes, at - 1, moved);
  return {
    // Sent dead letters hide crashed ones, and so does whoever removes them; the depth's alarm tells of both.
    must: (minutes, at) => {
      if (!grew(minutes, at)) return false;
      const before = read(minutes, at - 30, visible);
      const count = read(minutes, at, moved) - read(minutes, at - 30, moved);
      return [5, 10, 20, 30].every(
        (later) => read(minutes, at + later, visible) === before + count,
      );
    },
    lasting: 1,
    within: 15,
    may: grew,
    mayIfLossy: (minutes, at) =>
      grew(minutes, at) || read(minutes, at, visible) > read(minutes, at - 1, visible),
    memory: PERIOD * (4 + RANGE + 1),
  };
}

function age(name: string, threshold: number): Expectation {
  return level(({ queues }) => queues[name]?.age ?? 0, threshold);
}

function depth(name: string): Expectation {
  return level(({ queues }) => queues[name]?.visible ?? 0, 1);
}

const DAY = 24 * 3600;
const SOURCE_RETENTION = 0.8 * 4 * DAY;
const DEAD_RETENTION = 0.8 * 14 * DAY;
const share = (errors: number, of: number) => (of > 0 ? (100 * errors) / of : 0);

/** Percent, where there are so many requests in five minutes. */
function edgeErrors(requests: number): Count {
  return ({ signals: { edge } }) => (PERIOD * edge.requests >= requests ? edge.errorPercent : 0);
}

function deliverThrottles({ signals: { deliver } }: Minute): number {
  return deliver.throttles;
}

function uploadErrors(requests: number): Count {
  return ({ signals: { api } }) =>
    PERIOD * api.requests >= requests ? share(api.errors, api.requests) : 0;
}

/** What each alarm is for, written down without its expression. */
const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  SmallDlqDepth: depth("SmallDlq"),
  LargeDlqDepth: depth("LargeDlq"),
  CatalogDeadLetters: depth("CatalogDlq"),
  InvalidateDeadLetters: depth("InvalidationsDlq"),
  SmallDlqGrowth: growth("SmallDlq"),
  LargeDlqGrowth: growth("LargeDlq"),
  SmallCrashed: crashed("Small", "SmallDlq"),
  LargeCrashed: crashed("Large", "LargeDlq"),
  SmallAge: age("Small", 15 * 60),
  LargeAge: age("Large", 2 * 3600),
  CatalogAge: age("Catalog", 15 * 60),
  InvalidateAge: age("Invalidations", 15 * 60),
  SmallRetention: age("Small", SOURCE_RETENTION),
  LargeRetention: age("Large", SOURCE_RETENTION),
  SmallDlqRetention: age("SmallDlq", DEAD_RETENTION),
  LargeDlqRetention: age("LargeDlq", DEAD_RETENTION),
  ConsumeErrors: level(({ errors, calls }) => share(errors, calls), 5, 2),
  ConsumeThrottles: level(({ throttles }) => throttles, 1, 3),
  // Invocations are notified when they end, so that some minutes have none.
  ConsumeDuration: {
    must: (minutes, at) =>
      minutes.slice(at - 4, at + 1).filter(({ slowest }) => slowest >= 96).length >= 3 &&
      minutes.slice(at - 4, at + 1).every(({ slowest }) => slowest === 0 || slowest >= 96),
    lasting: 4 * PERIOD,
    may: level(({ slowest }) => slowest, 96, 2).may,
    memory: PERIOD * (2 + RANGE),
  },
  DeliverErrors: level(({ signals: { deliver } }) => share(deliver.errors, deliver.requests), 5, 2),
  DeliverThrottles: {
    ...level(deliverThrottles, 1, 3),
    // One in each period is enough.
    must: (minutes, at) => most(minutes, at - 3, at, deliverThrottles) >= 1,
  },
  DeliverMany: level(({ signals: { deliver } }) => PERIOD * deliver.requests, 3000, 3, {
    // All in one minute of a period; or with a half of the minutes missing.
    weak: 600,
    strong: 6000,
  }),
  EdgeErrors: level(edgeErrors(200), 1, 2, { certain: edgeErrors(400) }),
  UploadErrors: level(uploadErrors(20), 5, 2, { certain: uploadErrors(40) }),
  TableThrottles: level(({ signals: { table } }) => table.throttles, 1, 3),
  TableErrors: level(({ signals: { table } }) => table.errors, 1, 3),
  NotificationsFailed: level(({ signals: { topic } }) => topic.failed, 1),
  WorkerMissing: {
    must: (minutes, at) =>
      read(minutes, at, ({ queues }) => queues["Large"]?.visible ?? 0) > 0 &&
      read(minutes, at, ({ queues }) => queues["Large"]?.inFlight ?? 0) === 0,
    lasting: 15,
    may: (minutes, at) => {
      const idle = minutes
        .slice(Math.max(0, at - 30), at + 1)
        .filter(({ queues: { Large } }) => Large && Large.visible > 0 && Large.inFlight === 0);
      return idle.length >= 15;
    },
    memory: 5,
  },
};

/** A fault of the deployment that a history showed. */
interface Finding {
  readonly minute: number;
  readonly what: string;
}

/** Minutes from the first work in the large lane until a task runs, at the latest, with metrics on time. */
const START_MINUTES = 6;
/** Minutes from the last work in the large lane until no task runs. */
const STOP_MINUTES = 10 + 4;
/** Minutes by which a metric may come later because some of its minutes never come. */
const SLACK_OF_MISSING = 10;

/** What a history shows of a deployment that should not be. */
export function findingsOf(
  history: History,
  minutes: readonly Minute[],
  deployment: Deployment,
): Finding[] {
  const { lateness } = history;
  const late = lateness.most / 60 + (lateness.missing > 0 ? SLACK_OF_MISSING : 0);
  const notified = deployment.alarms.filter(({ actions }) =>
    actions.every((name) => deployment.policies.every((policy) => policy.name !== name)),
  );
  return [
    ...notified.flatMap((alarm) => alarmFindings(alarm, minutes, late, lateness.missing > 0)),
    ...scalingFindings(minutes, deployment, late),
    ...lostFindings(minutes, notified),
  ];
}

function alarmFindings(
  { name }: AlarmOptions,
  minutes: readonly Minute[],
  late: number,
  isLossy: boolean,
): Finding[] {
  const expectation = EXPECTATIONS[name];
  if (expectation === undefined) return [{ minute: 0, what: `nobody knows what ${name} is for` }];
  const { must, within = 2, memory, may: usually, mayIfLossy = usually } = expectation;
  // A cause that lasts is seen although a third of the minutes never come.
  const lasting = isLossy ? Math.max(10, 2 * expectation.lasting) : expectation.lasting;
  const may = isLossy ? mayIfLossy : usually;
  const findings: Finding[] = [];
  let lasts = 0;
  /** The last minute with a cause of any kind. */
  let last = Number.NEGATIVE_INFINITY;
  let notified = Number.NEGATIVE_INFINITY;
  const due: number[] = [];
  for (let at = 0; at < minutes.length; at++) {
    const isOn = minutes[at]?.alarms.has(name) ?? false;
    if (isOn) notified = at;
    if (may(minutes, at)) last = at;
    if (isOn && at - last > memory + late + 2) {
      findings.push({ minute: at, what: `${name} is in ALARM without a cause` });
      return findings;
    }
    lasts = must(minutes, at) ? lasts + 1 : 0;
    if (lasts >= lasting) due.push(at - lasting + 1);
    const first = due[0];
    if (first !== undefined && at >= first + lasting + within + late) {
      if (notified < first) {
        findings.push({ minute: first, what: `${name} tells nobody` });
        return findings;
      }
      due.length = 0;
    }
  }
  return findings;
}

function scalingFindings(
  minutes: readonly Minute[],
  { service }: Deployment,
  late: number,
): Finding[] {
  let waits = 0;
  let rests = 0;
  let works = 0;
  let many = 0;
  for (const [minute, { queues, running, desired, isCrashing }] of minutes.entries()) {
    const { visible = 0, inFlight = 0 } = queues["Large"] ?? {};
    waits = visible > 0 && inFlight === 0 && running === 0 && !isCrashing ? waits + 1 : 0;
    if (waits > START_MINUTES + late) return [{ minute, what: "no task starts" }];
    works = visible + inFlight > 0 ? works + 1 : 0;
    if (works > START_MINUTES + late && desired === 0) {
      return [{ minute, what: "the lane is scaled in while it has work" }];
    }
    rests = visible + inFlight === 0 ? rests + 1 : 0;
    if (rests > STOP_MINUTES + late && running > 0) return [{ minute, what: "tasks run idle" }];
    // Five images a task: half of them at least, while the backlog goes down.
    many = visible >= 10 * service.maxTasks ? many + 1 : 0;
    if (many > START_MINUTES + late && desired < service.maxTasks) {
      return [{ minute, what: `${desired} tasks for ${visible} images` }];
    }
  }
  return [];
}

/** SQS deletes nothing of which nobody was notified. */
function lostFindings(minutes: readonly Minute[], alarms: readonly AlarmOptions[]): Finding[] {
  const notified = new Set<string>();
  let before: Minute | undefined;
  for (const [minute, each] of minutes.entries()) {
    for (const name of each.alarms) notified.add(name);
    for (const [name, { expired }] of Object.entries(each.queues)) {
      const isNew = expired > (before?.queues[name]?.expired ?? 0);
      const alarm = `${name}Retention`;
      if (isNew && alarms.some((each) => each.name === alarm) && !notified.has(alarm)) {
        return [{ minute, what: `messages of ${name} end unseen` }];
      }
    }
    before = each;
  }
  return [];
}
