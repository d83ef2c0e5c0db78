import { alarm, metric, queueMetric, type Told } from "./alarm.ts";
import { ALARMS, CONSUME, QUEUES } from "./numbers.ts";
import type { Lanes } from "./queues.ts";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const periodSeconds = ALARMS.periodSeconds;

/** Says when something is wrong with one of the lanes or their programs. */
export function alarms(told: Told, { small, large }: Lanes, consume: sst.aws.Function): void {
  deadLetters(told, "Small", small.dlq);
  deadLetters(told, "Large", large.dlq);
  crashes(told, "Small", small.dlq);
  crashes(told, "Large", large.dlq);
  age(told, "Small", small.queue, ALARMS.smallAgeSeconds);
  age(told, "Large", large.queue, ALARMS.largeAgeSeconds);
  retention(told, "Small", small.queue, QUEUES.retentionSeconds);
  retention(told, "Large", large.queue, QUEUES.retentionSeconds);
  retention(told, "SmallDlq", small.dlq, QUEUES.deadLetterRetentionSeconds);
  retention(told, "LargeDlq", large.dlq, QUEUES.deadLetterRetentionSeconds);
  functions(told, consume);
  tasks(told, large.queue);
}

/**
 * One alarm says that there are dead letters; the other says it again when, after a quiet period,
 * there are more, for an alarm tells of changes of its state alone. Only dead letters that wait are
 * counted: whoever reads them holds them for less than a period, and added to the period's maximum
 * they would seem to be twice as many.
 */
function deadLetters(told: Told, lane: string, dlq: sst.aws.Queue): void {
  const of = [queueMetric("waiting", dlq, "ApproximateNumberOfMessagesVisible", periodSeconds)];
  alarm(told, `${lane}DlqDepth`, `Dead letters lie in the ${lane.toLowerCase()} lane's queue`, {
    of,
    threshold: 1,
  });
  alarm(
    told,
    `${lane}DlqGrowth`,
    `More dead letters than before in the ${lane.toLowerCase()} lane's queue`,
    {
      expression: "DIFF(waiting)",
      of,
      threshold: 1,
      // That no more come says nothing: those that came still lie there.
      saysWhenOver: false,
    },
  );
}

/**
 * Dead letters that nobody sent: SQS itself moved them, as the program died each time, and no program lived to
 * count them. Of the two metrics only one counts such a letter: "if a message is sent to a dead-letter
 * queue as a result of a failed processing attempt, it isn't captured by" NumberOfMessagesSent.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 *
 * By how much the queue grew since the evaluation range began, less what was sent to it since then. That
 * stays as it is, so that two periods can be asked for: in one alone a letter may be counted as lying
 * there and not yet as sent. SQS may report sending only where something is sent: with "0 * waiting" it is
 * 0 wherever the queue is reported, and missing where that is only late. What is taken from the queue
 * meanwhile does not count. Where more is sent in a period than crashes in half an hour, this alarm is
 * silent, and those of the queue's depth and growth tell.
 */
function crashes(told: Told, lane: string, dlq: sst.aws.Queue): void {
  alarm(
    told,
    `${lane}Crashed`,
    `Programs of the ${lane.toLowerCase()} lane died each time: dlq list --reason Crashed`,
    {
      expression:
        "RUNNING_SUM(IF(DIFF(waiting) > 0, DIFF(waiting), 0)) - RUNNING_SUM(sent + 0 * waiting)",
      of: [
        queueMetric("waiting", dlq, "ApproximateNumberOfMessagesVisible", periodSeconds),
        queueMetric("sent", dlq, "NumberOfMessagesSent", periodSeconds, "Sum"),
      ],
      threshold: 1,
      periods: ALARMS.crashPeriods,
      breaching: ALARMS.crashBreaching,
      // That no more crash says nothing of those that did.
      saysWhenOver: false,
    },
  );
}

function age(told: Told, lane: string, queue: sst.aws.Queue, threshold: number): void {
  alarm(
    told,
    `${lane}Age`,
    `The ${lane.toLowerCase()} lane's oldest message has waited ${threshold / MINUTE} min`,
    {
      of: [queueMetric("age", queue, "ApproximateAgeOfOldestMessage", periodSeconds)],
      threshold,
    },
  );
}

/** What nobody looks at in time is deleted by SQS, and then nothing tells of it. */
function retention(told: Told, name: string, queue: sst.aws.Queue, seconds: number): void {
  const days = Math.round((seconds * (1 - ALARMS.retentionShare)) / DAY);
  alarm(told, `${name}Retention`, `SQS deletes the oldest message of ${name} in about ${days} d`, {
    of: [queueMetric("age", queue, "ApproximateAgeOfOldestMessage", periodSeconds)],
    threshold: seconds * ALARMS.retentionShare,
  });
}

function functions(told: Told, consume: sst.aws.Function): void {
  const lambda = (id: string, name: string, stat: string) =>
    metric({
      id,
      namespace: "AWS/Lambda",
      name,
      dimensions: { FunctionName: consume.name },
      stat,
      periodSeconds,
    });
  alarm(
    told,
    "ConsumeErrors",
    `${ALARMS.errorPercent} % or more of the function's batches fail whole`,
    {
      expression: "IF(calls > 0, 100 * errors / calls, 0)",
      of: [lambda("errors", "Errors", "Sum"), lambda("calls", "Invocations", "Sum")],
      threshold: ALARMS.errorPercent,
      periods: 2,
    },
  );
  alarm(
    told,
    "ConsumeThrottles",
    "The function is throttled: the account's concurrency is used up",
    {
      of: [lambda("throttles", "Throttles", "Sum")],
      threshold: 1,
      periods: 3,
    },
  );
  alarm(told, "ConsumeDuration", "One batch in twenty comes near the function's timeout", {
    of: [lambda("p95", "Duration", "p95")],
    threshold: CONSUME.timeoutSeconds * 1000 * ALARMS.durationShare,
    periods: 2,
  });
}

/**
 * Goes off also when there are tasks and none of them takes anything. SQS reports what is in hand
 * only where there is something, and late: arithmetic takes what is missing for 0, and two of the
 * minutes may still be missing altogether.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function tasks(told: Told, large: sst.aws.Queue): void {
  alarm(
    told,
    "WorkerMissing",
    `The large lane waits ${ALARMS.noTaskMinutes} min, and no task works on it`,
    {
      expression: "IF(waiting - 1000000 * inFlight > 0, 1, 0)",
      of: [
        queueMetric("waiting", large, "ApproximateNumberOfMessagesVisible", MINUTE),
        queueMetric("inFlight", large, "ApproximateNumberOfMessagesNotVisible", MINUTE),
      ],
      threshold: 1,
      periods: ALARMS.noTaskMinutes,
      breaching: ALARMS.noTaskMinutes - ALARMS.lateMinutes,
    },
  );
}
