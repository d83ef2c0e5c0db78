import { alarm, metric } from "./alarm.ts";
import { consume } from "./intake.ts";
import { ALARMS, CONSUME, QUEUES } from "./numbers.ts";
import { large, small } from "./queues.ts";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const periodSeconds = ALARMS.periodSeconds;

// `sst dev` is somebody's desk: nobody is to be woken.
if (!$dev) {
  deadLetters("Small", small.letters);
  deadLetters("Large", large.letters);
  age("Small", small.queue, ALARMS.smallAgeSeconds);
  age("Large", large.queue, ALARMS.largeAgeSeconds);
  retention("Small", small.queue, QUEUES.retentionSeconds);
  retention("Large", large.queue, QUEUES.retentionSeconds);
  retention("SmallDlq", small.letters, QUEUES.letterRetentionSeconds);
  retention("LargeDlq", large.letters, QUEUES.letterRetentionSeconds);
  functions();
  tasks();
}

/**
 * One alarm says that there are dead letters; the other says it again when, after a quiet period, there
 * are more: an alarm tells of changes of its state alone. By
 * those that wait alone: whoever reads them holds them for less than a period, and counted on top of
 * its most they would seem to be twice as many.
 */
function deadLetters(lane: string, letters: sst.aws.Queue): void {
  const of = [sqs("waiting", letters, "ApproximateNumberOfMessagesVisible")];
  alarm(`${lane}DlqDepth`, `Dead letters lie in the ${lane.toLowerCase()} lane's queue`, {
    of,
    threshold: 1,
  });
  alarm(
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

function age(lane: string, queue: sst.aws.Queue, threshold: number): void {
  alarm(
    `${lane}Age`,
    `The ${lane.toLowerCase()} lane's oldest message has waited ${threshold / MINUTE} min`,
    {
      of: [sqs("age", queue, "ApproximateAgeOfOldestMessage")],
      threshold,
    },
  );
}

/** What nobody looks at in time is deleted by SQS, and then nothing tells of it. */
function retention(name: string, queue: sst.aws.Queue, seconds: number): void {
  const days = Math.round((seconds * (1 - ALARMS.retentionShare)) / DAY);
  alarm(`${name}Retention`, `SQS deletes the oldest message of ${name} in about ${days} d`, {
    of: [sqs("age", queue, "ApproximateAgeOfOldestMessage")],
    threshold: seconds * ALARMS.retentionShare,
  });
}

function functions(): void {
  const lambda = (id: string, name: string, stat: string) =>
    metric({
      id,
      namespace: "AWS/Lambda",
      name,
      dimensions: { FunctionName: consume.name },
      stat,
      periodSeconds,
    });
  alarm("ConsumeErrors", `${ALARMS.errorPercent} % or more of the function's batches fail whole`, {
    expression: "IF(calls > 0, 100 * errors / calls, 0)",
    of: [lambda("errors", "Errors", "Sum"), lambda("calls", "Invocations", "Sum")],
    threshold: ALARMS.errorPercent,
    periods: 2,
  });
  alarm("ConsumeThrottles", "The function is throttled: the account's concurrency is used up", {
    of: [lambda("throttles", "Throttles", "Sum")],
    threshold: 1,
    periods: 3,
  });
  alarm("ConsumeDuration", "One batch in twenty comes near the function's timeout", {
    of: [lambda("p95", "Duration", "p95")],
    threshold: CONSUME.timeoutSeconds * 1000 * ALARMS.durationShare,
    periods: 2,
  });
}

/**
 * Also when there are tasks, and none of them takes anything. SQS reports what is in hand only where
 * there is something, and late: arithmetic takes what is missing for 0, and two of the minutes may
 * still be missing altogether.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function tasks(): void {
  alarm(
    "WorkerMissing",
    `The large lane waits ${ALARMS.noTaskMinutes} min, and no task works on it`,
    {
      expression: "IF(waiting - 1000000 * inHand > 0, 1, 0)",
      of: [
        sqs("waiting", large.queue, "ApproximateNumberOfMessagesVisible", MINUTE),
        sqs("inHand", large.queue, "ApproximateNumberOfMessagesNotVisible", MINUTE),
      ],
      threshold: 1,
      periods: ALARMS.noTaskMinutes,
      breaching: ALARMS.noTaskMinutes - ALARMS.lateMinutes,
    },
  );
}

function sqs(id: string, queue: sst.aws.Queue, name: string, seconds: number = periodSeconds) {
  return metric({
    id,
    namespace: "AWS/SQS",
    name,
    dimensions: { QueueName: queue.nodes.queue.name },
    stat: "Maximum",
    periodSeconds: seconds,
  });
}
