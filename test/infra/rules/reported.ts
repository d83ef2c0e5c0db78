/** The AWS metrics that the fleet uses. */
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

/** A misspelt metric makes an alarm that never fires, or an empty graph. */
export function isReported(namespace: string, metric: string): boolean {
  return KNOWN[namespace]?.includes(metric) ?? false;
}
