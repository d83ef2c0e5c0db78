/**
 * AWS's list prices of us-east-1, in USD, as of `date`, before any free tier; other regions are some
 * percent apart. All that is said of money anywhere is from here. Bytes are in GiB, which is what
 * AWS's price lists mean by GB.
 * https://aws.amazon.com/s3/pricing/ https://aws.amazon.com/sqs/pricing/
 * https://aws.amazon.com/lambda/pricing/ https://aws.amazon.com/fargate/pricing/
 * https://aws.amazon.com/cloudwatch/pricing/ https://aws.amazon.com/kms/pricing/
 * https://aws.amazon.com/ecr/pricing/ https://aws.amazon.com/vpc/pricing/
 */
export const PRICES = {
  date: "2026-11-01",
  region: "us-east-1",
  s3: {
    /** PUT, COPY, POST, LIST */
    write: 0.005 / 1000,
    /** GET, HEAD; DELETE is free */
    read: 0.0004 / 1000,
    /** Standard, first 50 TB */
    gibMonth: 0.023,
    /** Intelligent-Tiering: an object's move there, once, and its watching, from 128 KiB on. */
    tieringMove: 0.01 / 1000,
    tieringWatchMonth: 0.0025 / 1000,
  },
  sqs: {
    /** A request of up to 64 KiB, beyond the first million a month; ten messages a request. */
    request: 0.4 / 1_000_000,
  },
  lambda: {
    /** arm64 */
    gibSecond: 0.0000133334,
    request: 0.2 / 1_000_000,
  },
  fargate: {
    /** arm64 */
    vcpuSecond: 0.03238 / 3600,
    gibSecond: 0.00356 / 3600,
    /** Beyond 20 GiB of disk. */
    diskGibSecond: 0.000111 / 3600,
    /** A public address in use. */
    addressSecond: 0.005 / 3600,
  },
  cloudwatch: {
    /** One metric that one alarm looks at. */
    alarmMetricMonth: 0.1,
    dashboardMonth: 3,
    /** A metric of the fleet's own, of the first 10,000. */
    metricMonth: 0.3,
    /** Taken in; kept. */
    logGib: 0.5,
    logGibMonth: 0.03,
  },
  kms: { keyMonth: 1, request: 0.03 / 10_000 },
  ecr: { gibMonth: 0.1 },
} as const;
