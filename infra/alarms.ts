import { type AlarmScope, alarm, metric, queueMetric } from "./alarm.ts";
import { ALARMS, CONSUME, QUEUES } from "./numbers.ts";
import type { Lanes } from "./queues.ts";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const periodSeconds = ALARMS.periodSeconds;

/** The alarms of both lanes and of their programs. */
export function alarms(
  scope: AlarmScope,
  { small, large }: Lanes,
  consume: sst.aws.Function,
): void {
  deadLetters(scope, "Small", small.dlq);
  deadLetters(scope, "Large", large.dlq);
  crashes(scope, "Small", small.dlq);
  crashes(scope, "Large", large.dlq);
  age(scope, "Small", small.queue, ALARMS.smallAgeSeconds);
  age(scope, "Large", large.queue, ALARMS.largeAgeSeconds);
  retention(scope, "Small", small.queue, QUEUES.retentionSeconds);
  retention(scope, "Large", large.queue, QUEUES.retentionSeconds);
  retention(scope, "SmallDlq", small.dlq, QUEUES.deadLetterRetentionSeconds);
  retention(scope, "LargeDlq", large.dlq, QUEUES.deadLetterRetentionSeconds);
  functions(scope, consume);
  tasks(scope, large.queue);
}

/**
 * The first alarm reports that there are dead letters. The second reports further ones after a quiet
 * period, because an alarm notifies only when its state changes. Only visible dead letters count:
 * those that somebody is reading are in flight for less than a period, and adding both maxima would
 * count them twice.
 */
function deadLetters(scope: AlarmScope, lane: string, dlq: sst.aws.Queue): void {
  const of = [queueMetric("waiting", dlq, "ApproximateNumberOfMessagesVisible", periodSeconds)];
  alarm(
    scope,
    `${lane}DlqDepth`,
    `There are dead letters in the ${lane.toLowerCase()} lane's dead-letter queue`,
    {
      of,
      threshold: 1,
    },
  );
  alarm(scope, `${lane}DlqGrowth`, `The ${lane.toLowerCase()} lane's dead-letter queue has grown`, {
    expression: "DIFF(waiting)",
    of,
    threshold: 1,
    // Of the newest period alone, growth would be missed that is reported when the period is over.
    periods: 2,
    breaching: 1,
    // A queue that no longer grows still contains its dead letters.
    notifyWhenOver: false,
  });
}

/**
 * Counts dead letters that SQS moved by its redrive policy because the program crashed on every
 * receive. Only one of the two metrics counts such a message: "if a message is sent to a dead-letter
 * queue as a result of a failed processing attempt, it isn't captured by" NumberOfMessagesSent.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 *
 * The value is the growth of the queue since the start of the evaluation range, minus the messages sent
 * to it since then. It persists, so the alarm can require two periods: within a single one, a message
 * may already be visible and not yet counted as sent. SQS may report NumberOfMessagesSent only where
 * messages are sent: "0 * waiting" makes it 0 where the queue is reported and missing where the report
 * is late. Removed messages do not count. Where programs send more dead letters in a period than crash
 * in half an hour, this alarm stays silent, and those of the queue's depth and growth fire.
 */
function crashes(scope: AlarmScope, lane: string, dlq: sst.aws.Queue): void {
  alarm(
    scope,
    `${lane}Crashed`,
    `Messages of the ${lane.toLowerCase()} lane crashed their program on every receive: dlq list --reason Crashed`,
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
      // The dead letters of earlier crashes are still there.
      notifyWhenOver: false,
    },
  );
}

function age(scope: AlarmScope, lane: string, queue: sst.aws.Queue, threshold: number): void {
  alarm(
    scope,
    `${lane}Age`,
    `The oldest message of the ${lane.toLowerCase()} lane is ${threshold / MINUTE} min old`,
    {
      of: [queueMetric("age", queue, "ApproximateAgeOfOldestMessage", periodSeconds)],
      threshold,
    },
  );
}

/** SQS deletes a message at the end of its retention, without any trace. */
function retention(scope: AlarmScope, name: string, queue: sst.aws.Queue, seconds: number): void {
  const days = Math.round((seconds * (1 - ALARMS.retentionShare)) / DAY);
  alarm(scope, `${name}Retention`, `SQS deletes the oldest message of ${name} in about ${days} d`, {
    of: [queueMetric("age", queue, "ApproximateAgeOfOldestMessage", periodSeconds)],
    threshold: seconds * ALARMS.retentionShare,
  });
}

function functions(scope: AlarmScope, consume: sst.aws.Function): void {
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
    scope,
    "ConsumeErrors",
    `${ALARMS.errorPercent} % or more of the function's invocations fail`,
    {
      expression: "IF(calls > 0, 100 * errors / calls, 0)",
      of: [lambda("errors", "Errors", "Sum"), lambda("calls", "Invocations", "Sum")],
      threshold: ALARMS.errorPercent,
      periods: 2,
    },
  );
  alarm(
    scope,
    "ConsumeThrottles",
    "The function is throttled: the account's concurrency is exhausted",
    {
      of: [lambda("throttles", "Throttles", "Sum")],
      threshold: 1,
      periods: 3,
    },
  );
  alarm(
    scope,
    "ConsumeDuration",
    "5 % of the batches take nearly as long as the function's timeout",
    {
      of: [lambda("p95", "Duration", "p95")],
      threshold: CONSUME.timeoutSeconds * 1000 * ALARMS.durationShare,
      periods: 2,
    },
  );
}

/**
 * Fires also when tasks run and none of them receives. SQS reports messages in flight only where there
 * are some: metric math replaces a missing operand by 0.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function tasks(scope: AlarmScope, large: sst.aws.Queue): void {
  alarm(
    scope,
    "WorkerMissing",
    `Messages have waited in the large lane for ${ALARMS.noTaskMinutes} min, and no task receives them`,
    {
      expression: "IF(waiting - 1000000 * inFlight > 0, 1, 0)",
      of: [
        queueMetric("waiting", large, "ApproximateNumberOfMessagesVisible", MINUTE),
        queueMetric("inFlight", large, "ApproximateNumberOfMessagesNotVisible", MINUTE),
      ],
      threshold: 1,
      periods: ALARMS.noTaskPeriods,
      breaching: ALARMS.noTaskMinutes,
    },
  );
}
