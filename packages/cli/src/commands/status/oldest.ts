import { type ClientOptions, clientConfig } from "@imagefleet/core/aws";
import { LANES, type Lane } from "@imagefleet/core/outcome";

/** The age of each lane's oldest message, s; undefined where it is not known. */
export type Ages = Readonly<Record<Lane, number | undefined>>;

const UNKNOWN: Ages = { small: undefined, large: undefined };

/** SQS writes a value a minute, some minutes late, and may pause for a queue that nobody uses. */
const PERIOD_SECONDS = 60;
const REACH_MS = 15 * 60_000;
/** More often than it changes need not be asked, ms. */
const ASK_EVERY_MS = 30_000;

/**
 * SQS itself does not tell how old a message is before it is received, and a lane's message must not
 * be received to look at it: each receive counts. CloudWatch knows, by a minute or more late.
 */
export class OldestMessages {
  readonly #options: ClientOptions | undefined;
  readonly #queues: Readonly<Record<Lane, string>>;
  #asked: { at: number; ages: Ages } | undefined;
  /** Why it is not known, for a person. */
  fault: string | undefined;

  /** @param queues the queues' names */
  constructor(options: ClientOptions | undefined, queues: Readonly<Record<Lane, string>>) {
    this.#options = options;
    this.#queues = queues;
  }

  async ages(now: number): Promise<Ages> {
    if (this.#options === undefined || this.fault !== undefined) return UNKNOWN;
    if (this.#asked && now - this.#asked.at < ASK_EVERY_MS) return this.#asked.ages;
    try {
      const ages = await ask(this.#options, this.#queues, now);
      this.#asked = { at: now, ages };
      return ages;
    } catch (error) {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.fault = `CloudWatch does not tell the oldest message's age (cloudwatch:GetMetricData): ${text}`;
      return UNKNOWN;
    }
  }
}

async function ask(
  options: ClientOptions,
  queues: Readonly<Record<Lane, string>>,
  now: number,
): Promise<Ages> {
  // Loaded late: most fleets that a person looks at run on their machine.
  const { CloudWatchClient, GetMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  const client = new CloudWatchClient({ ...clientConfig(options), maxAttempts: 2 });
  try {
    const { MetricDataResults: results = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - REACH_MS),
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
  } finally {
    client.destroy();
  }
}
