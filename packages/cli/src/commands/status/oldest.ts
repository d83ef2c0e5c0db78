import { type ClientOptions, clientConfig } from "@imagefleet/core/aws";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import { owned } from "../../connection/owned.ts";

/** The age of each lane's oldest message, s; undefined if unknown. */
export type Ages = Readonly<Record<Lane, number | undefined>>;

const UNKNOWN: Ages = { small: undefined, large: undefined };

/** SQS publishes a value per minute, some minutes late, and may pause for an unused queue. */
const PERIOD_SECONDS = 60;
const RANGE_MS = 15 * 60_000;
/** Requests need not be more frequent than changes. */
const INTERVAL_MS = 30_000;

/**
 * Reads the age of the oldest messages from CloudWatch, which reports it a minute or more late. SQS
 * reports the age only of a received message, and each receive counts as an attempt.
 */
export class OldestMessages {
  readonly #options: ClientOptions | undefined;
  readonly #queues: Readonly<Record<Lane, string>>;
  #last: { at: number; ages: Ages } | undefined;
  /** Why the age is unknown, by the last request. */
  warning: string | undefined;

  /** @param queues the queues' names */
  constructor(options: ClientOptions | undefined, queues: Readonly<Record<Lane, string>>) {
    this.#options = options;
    this.#queues = queues;
  }

  async ages(now: number): Promise<Ages> {
    if (this.#options === undefined) return UNKNOWN;
    if (this.#last && now - this.#last.at < INTERVAL_MS) return this.#last.ages;
    try {
      const ages = await request(this.#options, this.#queues, now);
      this.#last = { at: now, ages };
      this.warning = undefined;
      return ages;
    } catch (error) {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.#last = { at: now, ages: UNKNOWN };
      this.warning = `The age of the oldest message is unknown: CloudWatch failed (cloudwatch:GetMetricData): ${text}`;
      return UNKNOWN;
    }
  }
}

async function request(
  options: ClientOptions,
  queues: Readonly<Record<Lane, string>>,
  now: number,
): Promise<Ages> {
  // Imported when needed: a local fleet does not need it.
  const { CloudWatchClient, GetMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  using client = owned(new CloudWatchClient({ ...clientConfig(options), maxAttempts: 2 }));
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - RANGE_MS),
      EndTime: new Date(now),
      ScanBy: "TimestampDescending",
      MetricDataQueries: LANES.map((lane) => ({
        Id: lane,
        MetricStat: {
          Metric: {
            Namespace: "AWS/SQS",
            MetricName: "ApproximateAgeOfOldestMessage",
            Dimensions: [{ Name: "QueueName", Value: queues[lane] }],
          },
          Period: PERIOD_SECONDS,
          Stat: "Maximum",
        },
      })),
    }),
  );
  const latest = (lane: Lane) => results.find(({ Id }) => Id === lane)?.Values?.[0];
  return { small: latest("small"), large: latest("large") };
}
