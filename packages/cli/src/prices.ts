/**
 * AWS's list prices of us-east-1, in USD, as of 2026-11-01; other regions are some percent apart. All
 * that is estimated of money is from here.
 * https://aws.amazon.com/s3/pricing/ https://aws.amazon.com/sqs/pricing/
 * https://aws.amazon.com/lambda/pricing/ https://aws.amazon.com/fargate/pricing/
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
  },
} as const;

/** Money as a person reads it: `$0.12`, `under $0.01`. */
export function usd(amount: number): string {
  if (amount > 0 && amount < 0.01) return "under $0.01";
  const digits = amount < 1000 ? 2 : 0;
  return `$${amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
