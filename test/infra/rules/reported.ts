/** The metrics that AWS itself reports, of those in use. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "AWS/SQS": [
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateAgeOfOldestMessage",
    "NumberOfMessagesSent",
  ],
  "AWS/Lambda": ["Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"],
  "AWS/ECS": ["CPUUtilization", "MemoryUtilization"],
};

/** A misspelt metric is an alarm that never goes off, or an empty graph. */
export function isReported(namespace: string, metric: string): boolean {
  return KNOWN[namespace]?.includes(metric) ?? false;
}
