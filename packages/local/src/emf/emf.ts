import * as v from "valibot";

const UNITS = [
  ...["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "None"],
  ...["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"],
  ...["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"],
  ...["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"].map((unit) => `${unit}/Second`),
  ...["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"].map((unit) => `${unit}/Second`),
  "Count/Second",
];

const text = (longest: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(longest));

/**
 * The JSON schema of the embedded metric format and the further rules of its specification.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const documentSchema = v.looseObject({
  _aws: v.strictObject({
    Timestamp: v.pipe(v.number(), v.integer(), v.minValue(0)),
    CloudWatchMetrics: v.array(
      v.strictObject({
        Namespace: text(1024),
        Dimensions: v.pipe(v.array(v.pipe(v.array(text(250)), v.maxLength(30))), v.minLength(1)),
        Metrics: v.pipe(
          v.array(
            v.strictObject({
              Name: text(1024),
              Unit: v.optional(v.picklist(UNITS), "None"),
              StorageResolution: v.optional(v.picklist([1, 60]), 60),
            }),
          ),
          v.maxLength(100),
        ),
      }),
    ),
  }),
});

/** A dimension's value has at most 1,024 ASCII characters, not all of them blank. */
const dimension = v.pipe(text(1024), v.regex(/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/));

const finite = v.pipe(v.number(), v.finite());
const values = v.union([
  v.pipe(
    finite,
    v.transform((one) => [one]),
  ),
  v.pipe(v.array(finite), v.minLength(1), v.maxLength(100)),
]);

/** The value that a line adds to a series of a metric. */
export interface Sample {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** ms since the epoch */
  readonly at: number;
}

/**
 * The metrics that CloudWatch Logs reads from a line.
 *
 * @throws Error when CloudWatch would silently drop a metric, which it counts as
 *   `EMFValidationErrors` and `EMFParsingErrors` in AWS/Logs
 */
export function samplesOf(line: string): Sample[] {
  const json = v.safeParse(v.pipe(v.string(), v.parseJson(), v.looseObject({})), line);
  if (!json.success || json.output["_aws"] === undefined) return [];
  const document = v.parse(documentSchema, json.output);
  const { Timestamp: at, CloudWatchMetrics: directives } = document._aws;
  return directives.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    sets.flatMap((names) => {
      const dimensions = Object.fromEntries(
        names.map((name) => [name, v.parse(dimension, document[name])]),
      );
      return metrics.map(({ Name: name, Unit: unit }) => ({
        namespace,
        name,
        unit,
        dimensions,
        values: v.parse(values, document[name]),
        at,
      }));
    }),
  );
}

/** Sums by series, such as `jobs lane=small outcome=rendered`. */
export function sums(samples: readonly Sample[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, dimensions, values: all } of samples) {
    const of = Object.entries(dimensions).map(([key, value]) => ` ${key}=${value}`);
    const series = name + of.join("");
    found[series] = all.reduce((sum, value) => sum + value, found[series] ?? 0);
  }
  return found;
}
