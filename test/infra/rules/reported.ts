/** The AWS metrics that the fleet uses. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "AWS/SQS": [
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateAgeOfOldestMessage",
    "NumberOfMessagesSent",
  ],
  // UrlRequestCount and Url5xxCount: https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
  "AWS/Lambda": [
    "Invocations",
    "Errors",
    "Throttles",
    "Duration",
    "ConcurrentExecutions",
    "UrlRequestCount",
    "Url5xxCount",
  ],
  // CacheHitRate: only with a monitoring subscription.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
  "AWS/CloudFront": ["Requests", "4xxErrorRate", "5xxErrorRate", "CacheHitRate"],
  "AWS/ECS": ["CPUUtilization", "MemoryUtilization"],
};

/** A misspelt metric makes an alarm that never fires, or an empty graph. */
export function isReported(namespace: string, metric: string): boolean {
  return KNOWN[namespace]?.includes(metric) ?? false;
}
