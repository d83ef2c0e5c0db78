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
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
  "AWS/DynamoDB": ["SuccessfulRequestLatency", "SystemErrors", "ThrottledRequests"],
  // https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
  "AWS/SNS": [
    "NumberOfMessagesPublished",
    "NumberOfNotificationsDelivered",
    "NumberOfNotificationsFailed",
  ],
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
  "AWS/ApiGateway": ["4xx", "5xx", "Count", "Latency"],
  "AWS/ECS": ["CPUUtilization", "MemoryUtilization"],
};

/** A misspelt metric makes an alarm that never fires, or an empty graph. */
export function isReported(namespace: string, metric: string): boolean {
  return KNOWN[namespace]?.includes(metric) ?? false;
}
