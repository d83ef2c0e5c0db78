/**
 * AWS's list prices in us-east-1, USD, as of `date`, without free tiers. Other regions differ by some
 * percent. Every price in the code and the docs is from here. AWS's price lists write GB for GiB.
 */
export const PRICES = {
  date: "2026-11-01",
  region: "us-east-1",
  /** https://aws.amazon.com/s3/pricing/ */
  s3: {
    /** PUT, COPY, POST, LIST */
    write: 0.005 / 1000,
    /** GET, HEAD; DELETE is free */
    read: 0.0004 / 1000,
    /** Standard, first 50 TB */
    gibMonth: 0.023,
    /** Intelligent-Tiering: the transition of an object, once, and its monitoring, from 128 KiB. */
    tieringMove: 0.01 / 1000,
    tieringWatchMonth: 0.0025 / 1000,
  },
  /** https://aws.amazon.com/sqs/pricing/ */
  sqs: {
    /** A request of up to 64 KiB with up to ten messages, after the first million per month. */
    request: 0.4 / 1_000_000,
  },
  /** https://aws.amazon.com/lambda/pricing/ */
  lambda: {
    /** arm64 */
    gibSecond: 0.0000133334,
    request: 0.2 / 1_000_000,
    /**
     * An Event Poller Unit of provisioned mode: one poller of an SQS queue. From the page's example of such
     * a queue, checked on 2026-11-28.
     */
    pollerHour: 0.00925,
  },
  /** https://aws.amazon.com/fargate/pricing/ */
  fargate: {
    /** arm64 */
    vcpuSecond: 0.03238 / 3600,
    gibSecond: 0.00356 / 3600,
    /** Beyond 20 GiB of disk. */
    diskGibSecond: 0.000111 / 3600,
    /** A public IPv4 address in use. https://aws.amazon.com/vpc/pricing/ */
    addressSecond: 0.005 / 3600,
  },
  /** https://aws.amazon.com/cloudwatch/pricing/ */
  cloudwatch: {
    /** One metric of one alarm. */
    alarmMetricMonth: 0.1,
    dashboardMonth: 3,
    /** A custom metric, of the first 10,000. */
    metricMonth: 0.3,
    /** Ingested, and stored. */
    logGib: 0.5,
    logGibMonth: 0.03,
  },
  /**
   * On demand. The page shows prices only to a browser: these are those of the reduction of November 2024,
   * as reported on 2025-07-21, checked on 2026-11-27.
   * https://aws.amazon.com/dynamodb/pricing/on-demand/
   * https://airbyte.com/data-engineering-resources/dynamodb-pricing
   */
  dynamodb: {
    /** A write of up to 1 KB, to the table or to an index. */
    write: 0.625 / 1_000_000,
    /** A consistent read of up to 4 KB; half of it otherwise. */
    read: 0.125 / 1_000_000,
  },
  /**
   * A message of up to 64 KB; deliveries to SQS and Lambda are free, and to HTTPS 0.60 / 1,000,000. The page
   * shows prices only to a browser: as reported on 2026-06-13, checked on 2026-11-28.
   * https://aws.amazon.com/sns/pricing/
   * https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/
   */
  sns: { publish: 0.5 / 1_000_000 },
  /**
   * A request of an HTTP API of up to 512 KB, of the first 300 million of a month, checked on 2026-11-27.
   * https://aws.amazon.com/api-gateway/pricing/
   * https://awsforengineers.com/blog/aws-api-gateway-pricing-explained
   */
  apiGateway: { request: 1 / 1_000_000 },
  /**
   * A custom event of up to 64 KB, as reported on 2026-03-13, checked on 2026-11-28.
   * https://aws.amazon.com/eventbridge/pricing/
   * https://cloudburn.io/blog/amazon-eventbridge-pricing
   */
  eventBridge: { event: 1 / 1_000_000 },
  /** https://aws.amazon.com/kms/pricing/ */
  kms: { keyMonth: 1, request: 0.03 / 10_000 },
  /** https://aws.amazon.com/ecr/pricing/ */
  ecr: { gibMonth: 0.1 },
  /**
   * Without a flat-rate plan. What CloudFront reads from S3 and from Lambda costs no transfer.
   * https://aws.amazon.com/cloudfront/pricing/
   */
  cloudFront: {
    /** To viewers in the US, Canada, Mexico, Europe, Israel and Turkey, of the first 10 TB of a month. */
    gib: 0.085,
    /** HTTPS, from the US, Canada and Mexico; 0.012 / 10,000 from Europe */
    request: 0.01 / 10_000,
    /** One run of a CloudFront Function. */
    functionRun: 0.1 / 1_000_000,
    /** A path of an invalidation, after the first `free.invalidationPaths` of a month. */
    invalidationPath: 0.005,
    /** Free each month, for all distributions of an account. */
    free: { gib: 1024, requests: 10_000_000, functionRuns: 2_000_000, invalidationPaths: 1000 },
  },
} as const;
