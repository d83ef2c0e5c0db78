import type { DeployedResource } from "./deployment.ts";

/** What infra/ deploys with uploads, catalog and invalidations: written by test/simulation/shipped.test.ts. */
export const SHIPPED: readonly DeployedResource[] = [
 {
  "type": "aws:appautoscaling/policy:Policy",
  "name": "WorkerBacklog",
  "inputs": {
   "name": "imagefleet-production-WorkerBacklog",
   "stepScalingPolicyConfiguration": {
    "adjustmentType": "ExactCapacity",
    "cooldown": 60,
    "metricAggregationType": "Maximum",
    "stepAdjustments": [
     {
      "metricIntervalLowerBound": "0",
      "metricIntervalUpperBound": "5",
      "scalingAdjustment": 1
     },
     {
      "metricIntervalLowerBound": "5",
      "metricIntervalUpperBound": "10",
      "scalingAdjustment": 2
     },
     {
      "metricIntervalLowerBound": "10",
      "metricIntervalUpperBound": "15",
      "scalingAdjustment": 3
     },
     {
      "metricIntervalLowerBound": "15",
      "metricIntervalUpperBound": "20",
      "scalingAdjustment": 4
     },
     {
      "metricIntervalLowerBound": "20",
      "metricIntervalUpperBound": "25",
      "scalingAdjustment": 5
     },
     {
      "metricIntervalLowerBound": "25",
      "metricIntervalUpperBound": "30",
      "scalingAdjustment": 6
     },
     {
      "metricIntervalLowerBound": "30",
      "metricIntervalUpperBound": "35",
      "scalingAdjustment": 7
     },
     {
      "metricIntervalLowerBound": "35",
      "metricIntervalUpperBound": "40",
      "scalingAdjustment": 8
     },
     {
      "metricIntervalLowerBound": "40",
      "metricIntervalUpperBound": "45",
      "scalingAdjustment": 9
     },
     {
      "metricIntervalLowerBound": "45",
      "scalingAdjustment": 10
     }
    ]
   }
  }
 },
 {
  "type": "aws:appautoscaling/policy:Policy",
  "name": "WorkerIdle",
  "inputs": {
   "name": "imagefleet-production-WorkerIdle",
   "stepScalingPolicyConfiguration": {
    "adjustmentType": "ExactCapacity",
    "cooldown": 60,
    "metricAggregationType": "Maximum",
    "stepAdjustments": [
     {
      "metricIntervalUpperBound": "0",
      "scalingAdjustment": 0
     }
    ]
   }
  }
 },
 {
  "type": "aws:appautoscaling/target:Target",
  "name": "WorkerAutoScalingTarget",
  "inputs": {
   "minCapacity": 0,
   "maxCapacity": 10
  }
 },
 {
  "type": "aws:cloudwatch/eventRule:EventRule",
  "name": "WorkerDeploymentFailed",
  "inputs": {}
 },
 {
  "type": "aws:cloudwatch/eventRule:EventRule",
  "name": "WorkerNotPlaced",
  "inputs": {}
 },
 {
  "type": "aws:cloudwatch/eventRule:EventRule",
  "name": "WorkerTaskFailed",
  "inputs": {}
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "CatalogAge",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-CatalogQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 900,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "CatalogDeadLetters",
  "inputs": {
   "metricQueries": [
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-CatalogDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "ConsumeDuration",
  "inputs": {
   "metricQueries": [
    {
     "id": "p95",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-ConsumeFunction"
      },
      "metricName": "Duration",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "p95"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 96000,
   "evaluationPeriods": 2,
   "datapointsToAlarm": 2,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "ConsumeErrors",
  "inputs": {
   "metricQueries": [
    {
     "expression": "IF(calls > 0, 100 * errors / calls, 0)",
     "id": "value",
     "label": "ConsumeErrors",
     "returnData": true
    },
    {
     "id": "errors",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-ConsumeFunction"
      },
      "metricName": "Errors",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "Sum"
     }
    },
    {
     "id": "calls",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-ConsumeFunction"
      },
      "metricName": "Invocations",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 5,
   "evaluationPeriods": 2,
   "datapointsToAlarm": 2,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "ConsumeThrottles",
  "inputs": {
   "metricQueries": [
    {
     "id": "throttles",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-ConsumeFunction"
      },
      "metricName": "Throttles",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "Sum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 3,
   "datapointsToAlarm": 3,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "DeliverErrors",
  "inputs": {
   "metricQueries": [
    {
     "expression": "IF(calls > 0, 100 * errors / calls, 0)",
     "id": "value",
     "label": "DeliverErrors",
     "returnData": true
    },
    {
     "id": "errors",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-DeliverFunction"
      },
      "metricName": "Url5xxCount",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "Sum"
     }
    },
    {
     "id": "calls",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-DeliverFunction"
      },
      "metricName": "UrlRequestCount",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 5,
   "evaluationPeriods": 2,
   "datapointsToAlarm": 2,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "DeliverMany",
  "inputs": {
   "metricQueries": [
    {
     "id": "calls",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-DeliverFunction"
      },
      "metricName": "UrlRequestCount",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "Sum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 3000,
   "evaluationPeriods": 3,
   "datapointsToAlarm": 3,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "DeliverThrottles",
  "inputs": {
   "metricQueries": [
    {
     "id": "throttles",
     "metric": {
      "dimensions": {
       "FunctionName": "imagefleet-production-DeliverFunction"
      },
      "metricName": "Throttles",
      "namespace": "AWS/Lambda",
      "period": 300,
      "stat": "Sum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 3,
   "datapointsToAlarm": 3,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "EdgeErrors",
  "inputs": {
   "metricQueries": [
    {
     "expression": "IF(requests >= 200, errors, 0)",
     "id": "value",
     "label": "EdgeErrors",
     "returnData": true
    },
    {
     "id": "errors",
     "metric": {
      "dimensions": {
       "DistributionId": "DeliveryDistribution-id",
       "Region": "Global"
      },
      "metricName": "5xxErrorRate",
      "namespace": "AWS/CloudFront",
      "period": 300,
      "stat": "Average"
     }
    },
    {
     "id": "requests",
     "metric": {
      "dimensions": {
       "DistributionId": "DeliveryDistribution-id",
       "Region": "Global"
      },
      "metricName": "Requests",
      "namespace": "AWS/CloudFront",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 2,
   "datapointsToAlarm": 2,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-EdgeAlarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-EdgeAlarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "InvalidateAge",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-InvalidationsQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 900,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "InvalidateDeadLetters",
  "inputs": {
   "metricQueries": [
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-InvalidationsDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeAge",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 7200,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeBacklog",
  "inputs": {
   "metricQueries": [
    {
     "expression": "waiting + inFlight",
     "id": "backlog",
     "label": "Backlog",
     "returnData": true
    },
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 60,
      "stat": "Maximum"
     }
    },
    {
     "id": "inFlight",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateNumberOfMessagesNotVisible",
      "namespace": "AWS/SQS",
      "period": 60,
      "stat": "Maximum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 6,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:appautoscaling:eu-west-1:123456789012:policy/imagefleet-production-WorkerBacklog"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeCrashed",
  "inputs": {
   "metricQueries": [
    {
     "expression": "RUNNING_SUM(IF(DIFF(waiting) > 0, DIFF(waiting), 0)) - RUNNING_SUM(sent + 0 * waiting)",
     "id": "value",
     "label": "LargeCrashed",
     "returnData": true
    },
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     }
    },
    {
     "id": "sent",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeDlqQueue"
      },
      "metricName": "NumberOfMessagesSent",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 4,
   "datapointsToAlarm": 2,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": []
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeDlqDepth",
  "inputs": {
   "metricQueries": [
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeDlqGrowth",
  "inputs": {
   "metricQueries": [
    {
     "expression": "DIFF(waiting)",
     "id": "value",
     "label": "LargeDlqGrowth",
     "returnData": true
    },
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 2,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": []
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeDlqRetention",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeDlqQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 967680,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeEmpty",
  "inputs": {
   "metricQueries": [
    {
     "expression": "waiting + inFlight",
     "id": "backlog",
     "label": "Backlog",
     "returnData": true
    },
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 60,
      "stat": "Maximum"
     }
    },
    {
     "id": "inFlight",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateNumberOfMessagesNotVisible",
      "namespace": "AWS/SQS",
      "period": 60,
      "stat": "Maximum"
     }
    }
   ],
   "comparisonOperator": "LessThanThreshold",
   "threshold": 1,
   "evaluationPeriods": 10,
   "treatMissingData": "breaching",
   "alarmActions": [
    "arn:aws:appautoscaling:eu-west-1:123456789012:policy/imagefleet-production-WorkerIdle"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "LargeRetention",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 276480,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "NotificationsFailed",
  "inputs": {
   "metricQueries": [
    {
     "id": "failed",
     "metric": {
      "dimensions": {
       "TopicName": "imagefleet-production-Notifications"
      },
      "metricName": "NumberOfNotificationsFailed",
      "namespace": "AWS/SNS",
      "period": 300,
      "stat": "Sum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "SmallAge",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-SmallQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 900,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "SmallCrashed",
  "inputs": {
   "metricQueries": [
    {
     "expression": "RUNNING_SUM(IF(DIFF(waiting) > 0, DIFF(waiting), 0)) - RUNNING_SUM(sent + 0 * waiting)",
     "id": "value",
     "label": "SmallCrashed",
     "returnData": true
    },
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-SmallDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     }
    },
    {
     "id": "sent",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-SmallDlqQueue"
      },
      "metricName": "NumberOfMessagesSent",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 4,
   "datapointsToAlarm": 2,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": []
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "SmallDlqDepth",
  "inputs": {
   "metricQueries": [
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-SmallDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "SmallDlqGrowth",
  "inputs": {
   "metricQueries": [
    {
     "expression": "DIFF(waiting)",
     "id": "value",
     "label": "SmallDlqGrowth",
     "returnData": true
    },
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-SmallDlqQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 2,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": []
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "SmallDlqRetention",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-SmallDlqQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 967680,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "SmallRetention",
  "inputs": {
   "metricQueries": [
    {
     "id": "age",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-SmallQueue"
      },
      "metricName": "ApproximateAgeOfOldestMessage",
      "namespace": "AWS/SQS",
      "period": 300,
      "stat": "Maximum"
     },
     "returnData": true
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 276480,
   "evaluationPeriods": 1,
   "datapointsToAlarm": 1,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "TableErrors",
  "inputs": {
   "metricQueries": [
    {
     "expression": "reads + writes",
     "id": "value",
     "label": "TableErrors",
     "returnData": true
    },
    {
     "id": "reads",
     "metric": {
      "dimensions": {
       "Operation": "GetItem",
       "TableName": "imagefleet-production-ImagesTable"
      },
      "metricName": "SystemErrors",
      "namespace": "AWS/DynamoDB",
      "period": 300,
      "stat": "Sum"
     }
    },
    {
     "id": "writes",
     "metric": {
      "dimensions": {
       "Operation": "PutItem",
       "TableName": "imagefleet-production-ImagesTable"
      },
      "metricName": "SystemErrors",
      "namespace": "AWS/DynamoDB",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 3,
   "datapointsToAlarm": 3,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "TableThrottles",
  "inputs": {
   "metricQueries": [
    {
     "expression": "reads + writes",
     "id": "value",
     "label": "TableThrottles",
     "returnData": true
    },
    {
     "id": "reads",
     "metric": {
      "dimensions": {
       "Operation": "GetItem",
       "TableName": "imagefleet-production-ImagesTable"
      },
      "metricName": "ThrottledRequests",
      "namespace": "AWS/DynamoDB",
      "period": 300,
      "stat": "Sum"
     }
    },
    {
     "id": "writes",
     "metric": {
      "dimensions": {
       "Operation": "PutItem",
       "TableName": "imagefleet-production-ImagesTable"
      },
      "metricName": "ThrottledRequests",
      "namespace": "AWS/DynamoDB",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 3,
   "datapointsToAlarm": 3,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "UploadErrors",
  "inputs": {
   "metricQueries": [
    {
     "expression": "IF(calls >= 20, 100 * errors / calls, 0)",
     "id": "value",
     "label": "UploadErrors",
     "returnData": true
    },
    {
     "id": "errors",
     "metric": {
      "dimensions": {
       "ApiId": "UploadsApi-id"
      },
      "metricName": "5xx",
      "namespace": "AWS/ApiGateway",
      "period": 300,
      "stat": "Sum"
     }
    },
    {
     "id": "calls",
     "metric": {
      "dimensions": {
       "ApiId": "UploadsApi-id"
      },
      "metricName": "Count",
      "namespace": "AWS/ApiGateway",
      "period": 300,
      "stat": "Sum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 5,
   "evaluationPeriods": 2,
   "datapointsToAlarm": 2,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:cloudwatch/metricAlarm:MetricAlarm",
  "name": "WorkerMissing",
  "inputs": {
   "metricQueries": [
    {
     "expression": "IF(waiting - 1000000 * inFlight > 0, 1, 0)",
     "id": "value",
     "label": "WorkerMissing",
     "returnData": true
    },
    {
     "id": "waiting",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateNumberOfMessagesVisible",
      "namespace": "AWS/SQS",
      "period": 60,
      "stat": "Maximum"
     }
    },
    {
     "id": "inFlight",
     "metric": {
      "dimensions": {
       "QueueName": "imagefleet-production-LargeQueue"
      },
      "metricName": "ApproximateNumberOfMessagesNotVisible",
      "namespace": "AWS/SQS",
      "period": 60,
      "stat": "Maximum"
     }
    }
   ],
   "comparisonOperator": "GreaterThanOrEqualToThreshold",
   "threshold": 1,
   "evaluationPeriods": 28,
   "datapointsToAlarm": 15,
   "treatMissingData": "notBreaching",
   "alarmActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ],
   "okActions": [
    "arn:aws:sns:eu-west-1:123456789012:imagefleet-production-Alarms"
   ]
  }
 },
 {
  "type": "aws:ecs/service:Service",
  "name": "WorkerService",
  "inputs": {
   "capacityProviderStrategies": [
    {
     "base": 1,
     "capacityProvider": "FARGATE",
     "weight": 0
    },
    {
     "capacityProvider": "FARGATE_SPOT",
     "weight": 1
    }
   ],
   "deploymentCircuitBreaker": {
    "enable": true,
    "rollback": true
   }
  }
 },
 {
  "type": "aws:ecs/taskDefinition:TaskDefinition",
  "name": "WorkerTask",
  "inputs": {
   "containerDefinitions": "[{\"name\":\"Worker\",\"image\":\"123456789012.dkr.ecr.eu-west-1.amazonaws.com/sst-asset@sha256:0\",\"healthCheck\":{\"command\":[\"CMD\",\"node\",\"packages/worker/src/health/check.ts\"],\"startPeriod\":30,\"timeout\":10,\"interval\":30,\"retries\":3},\"pseudoTerminal\":false,\"portMappings\":[],\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":\"/sst/cluster/imagefleet-production-FleetCluster/imagefleet-production-Worker/Worker\",\"awslogs-region\":\"eu-west-1\",\"awslogs-stream-prefix\":\"/service\"}},\"environment\":[{\"name\":\"IMAGEFLEET_RECIPE\",\"value\":\"recipe.mjs\"},{\"name\":\"IMAGEFLEET_RENDITION_BUCKET\",\"value\":\"imagefleet-production-renditionsbucket\"},{\"name\":\"IMAGEFLEET_SOURCE_BUCKETS\",\"value\":\"imagefleet-production-sourcebucket\"},{\"name\":\"IMAGEFLEET_LARGE_QUEUE_URL\",\"value\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-LargeQueue\"},{\"name\":\"IMAGEFLEET_LARGE_DLQ_URL\",\"value\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-LargeDlqQueue\"},{\"name\":\"IMAGEFLEET_INVALIDATIONS_QUEUE_URL\",\"value\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-InvalidationsQueue\"},{\"name\":\"IMAGEFLEET_CATALOG_QUEUE_URL\",\"value\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-CatalogQueue\"},{\"name\":\"IMAGEFLEET_MAX_RECEIVES\",\"value\":\"5\"},{\"name\":\"IMAGEFLEET_JOBS\",\"value\":\"1\"},{\"name\":\"IMAGEFLEET_LEASE_SECONDS\",\"value\":\"120\"},{\"name\":\"IMAGEFLEET_POLL_SECONDS\",\"value\":\"20\"},{\"name\":\"IMAGEFLEET_DRAIN_SECONDS\",\"value\":\"90\"},{\"name\":\"IMAGEFLEET_METRICS_NAMESPACE\",\"value\":\"imagefleet/production/Photos\"},{\"name\":\"SST_RESOURCE_App\",\"value\":\"{\\\"name\\\":\\\"imagefleet\\\",\\\"stage\\\":\\\"production\\\"}\"}],\"linuxParameters\":{\"initProcessEnabled\":true},\"secrets\":[],\"memory\":4096,\"stopTimeout\":120,\"readonlyRootFilesystem\":true,\"mountPoints\":[{\"sourceVolume\":\"scratch\",\"containerPath\":\"/scratch\"}]}]"
  }
 },
 {
  "type": "aws:lambda/eventSourceMapping:EventSourceMapping",
  "name": "ConsumeMapping",
  "inputs": {
   "eventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:imagefleet-production-SmallQueue",
   "functionName": "arn:aws:lambda:eu-west-1:123456789012:function:imagefleet-production-ConsumeFunction",
   "batchSize": 10,
   "maximumBatchingWindowInSeconds": 1,
   "scalingConfig": {
    "maximumConcurrency": 8
   }
  }
 },
 {
  "type": "aws:lambda/eventSourceMapping:EventSourceMapping",
  "name": "InvalidateMapping",
  "inputs": {
   "eventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:imagefleet-production-InvalidationsQueue",
   "functionName": "arn:aws:lambda:eu-west-1:123456789012:function:imagefleet-production-InvalidateFunction",
   "batchSize": 1000,
   "maximumBatchingWindowInSeconds": 20,
   "scalingConfig": {
    "maximumConcurrency": 2
   }
  }
 },
 {
  "type": "aws:lambda/eventSourceMapping:EventSourceMapping",
  "name": "ProjectorMapping",
  "inputs": {
   "eventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:imagefleet-production-CatalogQueue",
   "functionName": "arn:aws:lambda:eu-west-1:123456789012:function:imagefleet-production-ProjectorFunction",
   "batchSize": 10,
   "maximumBatchingWindowInSeconds": 1,
   "scalingConfig": {
    "maximumConcurrency": 5
   }
  }
 },
 {
  "type": "aws:lambda/function:Function",
  "name": "ConsumeFunction",
  "inputs": {
   "name": "imagefleet-production-ConsumeFunction",
   "memorySize": 2048,
   "timeout": 120
  }
 },
 {
  "type": "aws:lambda/function:Function",
  "name": "DeliverFunction",
  "inputs": {
   "name": "imagefleet-production-DeliverFunction",
   "memorySize": 2048,
   "timeout": 25
  }
 },
 {
  "type": "aws:lambda/function:Function",
  "name": "InvalidateFunction",
  "inputs": {
   "name": "imagefleet-production-InvalidateFunction",
   "memorySize": 256,
   "timeout": 120
  }
 },
 {
  "type": "aws:lambda/function:Function",
  "name": "ProjectorFunction",
  "inputs": {
   "name": "imagefleet-production-ProjectorFunction",
   "memorySize": 512,
   "timeout": 60
  }
 },
 {
  "type": "aws:lambda/function:Function",
  "name": "UploadFunction",
  "inputs": {
   "name": "imagefleet-production-UploadFunction",
   "memorySize": 512,
   "timeout": 10
  }
 },
 {
  "type": "aws:scheduler/schedule:Schedule",
  "name": "CatalogDlqAwake",
  "inputs": {
   "target": {
    "arn": "arn:aws:scheduler:::aws-sdk:sqs:tagQueue",
    "input": "{\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-CatalogDlqQueue\",\"Tags\":{\"imagefleet\":\"awake\"}}",
    "retryPolicy": {
     "maximumRetryAttempts": 0
    },
    "roleArn": "arn:aws:iam::123456789012:role/imagefleet-production-Awake-eu-west-1"
   }
  }
 },
 {
  "type": "aws:scheduler/schedule:Schedule",
  "name": "InvalidationsDlqAwake",
  "inputs": {
   "target": {
    "arn": "arn:aws:scheduler:::aws-sdk:sqs:tagQueue",
    "input": "{\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-InvalidationsDlqQueue\",\"Tags\":{\"imagefleet\":\"awake\"}}",
    "retryPolicy": {
     "maximumRetryAttempts": 0
    },
    "roleArn": "arn:aws:iam::123456789012:role/imagefleet-production-Awake-eu-west-1"
   }
  }
 },
 {
  "type": "aws:scheduler/schedule:Schedule",
  "name": "LargeAwake",
  "inputs": {
   "target": {
    "arn": "arn:aws:scheduler:::aws-sdk:sqs:tagQueue",
    "input": "{\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-LargeQueue\",\"Tags\":{\"imagefleet\":\"awake\"}}",
    "retryPolicy": {
     "maximumRetryAttempts": 0
    },
    "roleArn": "arn:aws:iam::123456789012:role/imagefleet-production-Awake-eu-west-1"
   }
  }
 },
 {
  "type": "aws:scheduler/schedule:Schedule",
  "name": "LargeDlqAwake",
  "inputs": {
   "target": {
    "arn": "arn:aws:scheduler:::aws-sdk:sqs:tagQueue",
    "input": "{\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-LargeDlqQueue\",\"Tags\":{\"imagefleet\":\"awake\"}}",
    "retryPolicy": {
     "maximumRetryAttempts": 0
    },
    "roleArn": "arn:aws:iam::123456789012:role/imagefleet-production-Awake-eu-west-1"
   }
  }
 },
 {
  "type": "aws:scheduler/schedule:Schedule",
  "name": "SmallDlqAwake",
  "inputs": {
   "target": {
    "arn": "arn:aws:scheduler:::aws-sdk:sqs:tagQueue",
    "input": "{\"QueueUrl\":\"https://sqs.eu-west-1.amazonaws.com/123456789012/imagefleet-production-SmallDlqQueue\",\"Tags\":{\"imagefleet\":\"awake\"}}",
    "retryPolicy": {
     "maximumRetryAttempts": 0
    },
    "roleArn": "arn:aws:iam::123456789012:role/imagefleet-production-Awake-eu-west-1"
   }
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "CatalogDlqQueue",
  "inputs": {
   "name": "imagefleet-production-CatalogDlqQueue",
   "visibilityTimeoutSeconds": 30,
   "messageRetentionSeconds": 1209600,
   "delaySeconds": 0
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "CatalogQueue",
  "inputs": {
   "name": "imagefleet-production-CatalogQueue",
   "visibilityTimeoutSeconds": 360,
   "messageRetentionSeconds": 345600,
   "delaySeconds": 0,
   "redrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:123456789012:imagefleet-production-CatalogDlqQueue\",\"maxReceiveCount\":20}"
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "InvalidationsDlqQueue",
  "inputs": {
   "name": "imagefleet-production-InvalidationsDlqQueue",
   "visibilityTimeoutSeconds": 30,
   "messageRetentionSeconds": 1209600,
   "delaySeconds": 0
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "InvalidationsQueue",
  "inputs": {
   "name": "imagefleet-production-InvalidationsQueue",
   "visibilityTimeoutSeconds": 720,
   "messageRetentionSeconds": 345600,
   "delaySeconds": 40,
   "redrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:123456789012:imagefleet-production-InvalidationsDlqQueue\",\"maxReceiveCount\":20}"
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "LargeDlqQueue",
  "inputs": {
   "name": "imagefleet-production-LargeDlqQueue",
   "visibilityTimeoutSeconds": 30,
   "messageRetentionSeconds": 1209600,
   "delaySeconds": 0
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "LargeQueue",
  "inputs": {
   "name": "imagefleet-production-LargeQueue",
   "visibilityTimeoutSeconds": 120,
   "messageRetentionSeconds": 345600,
   "delaySeconds": 0,
   "redrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:123456789012:imagefleet-production-LargeDlqQueue\",\"maxReceiveCount\":5}"
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "SmallDlqQueue",
  "inputs": {
   "name": "imagefleet-production-SmallDlqQueue",
   "visibilityTimeoutSeconds": 30,
   "messageRetentionSeconds": 1209600,
   "delaySeconds": 0
  }
 },
 {
  "type": "aws:sqs/queue:Queue",
  "name": "SmallQueue",
  "inputs": {
   "name": "imagefleet-production-SmallQueue",
   "visibilityTimeoutSeconds": 720,
   "messageRetentionSeconds": 345600,
   "delaySeconds": 0,
   "redrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:123456789012:imagefleet-production-SmallDlqQueue\",\"maxReceiveCount\":5}"
  }
 }
];
