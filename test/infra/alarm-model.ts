import { at, listAt, numberAt, textAt } from "./read.ts";
import type { Json, Resource } from "./resource.ts";

type Value = number | undefined;
/** A metric in one time after the other, the newest last; undefined: CloudWatch has no value, yet or ever. */
export type Series = readonly Value[];
/** Metrics by their ids in an alarm. */
export type Metrics = Readonly<Record<string, Series>>;

const MINUTE = 60;
/** Periods that the evaluation range goes back beyond those asked for: "approximately" one more or several. */
const LONGER = 3;

/**
 * Is a metric alarm in ALARM after the last minute? As CloudWatch evaluates it: M of the newest N points,
 * those that are missing taken as `treatMissingData` says where there are not enough others in the
 * evaluation range, a few periods longer than N.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @param metrics by minute
 */
export function isInAlarm(
  { inputs }: Pick<Resource, "inputs">,
  metrics: Metrics,
  longer = LONGER,
): boolean {
  const all = numberAt(inputs, "evaluationPeriods");
  const some =
    at(inputs, "datapointsToAlarm") === undefined ? all : numberAt(inputs, "datapointsToAlarm");
  const queries = listAt(inputs, "metricQueries");
  const returned = queries.find((query) => at(query, "returnData") === true);
  const text = textAt(returned, "expression") || textAt(returned, "id");
  const measured = queries.filter((query) => at(query, "metric") !== undefined);
  const range = Object.fromEntries(
    measured.map((query) => [textAt(query, "id"), periods(query, metrics, all + longer)]),
  );
  // The newest that are there; what is missing counts only where those are too few.
  const real = evaluate(text, range).filter((value) => value !== undefined);
  const breaching = real.slice(-all).filter((value) => isBreaching(inputs, value)).length;
  const missing = Math.max(0, all - real.length);
  const counted = textAt(inputs, "treatMissingData") === "breaching" ? missing : 0;
  return breaching + counted >= some;
}

/** The newest periods of a metric, which end with the last minute: an alarm is looked at every minute. */
function periods(query: Json, metrics: Metrics, count: number): Value[] {
  const minutes = metrics[textAt(query, "id")] ?? [];
  const length = Math.max(...Object.values(metrics).map((each) => each.length));
  const each = numberAt(query, "metric.period") / MINUTE;
  const stat = STATISTICS[textAt(query, "metric.stat")];
  if (stat === undefined) throw new SyntaxError(`${JSON.stringify(query)} is not modeled`);
  return Array.from({ length: count }, (_, index) => {
    const end = length - (count - 1 - index) * each;
    const values = minutes
      .slice(Math.max(0, end - each), Math.max(0, end))
      .filter((value) => value !== undefined);
    return values.length === 0 ? undefined : stat(values);
  });
}

const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Maximum: (values) => Math.max(...values),
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
};

function isBreaching(inputs: Resource["inputs"], value: number): boolean {
  const threshold = numberAt(inputs, "threshold");
  return textAt(inputs, "comparisonOperator") === "LessThanThreshold"
    ? value < threshold
    : value >= threshold;
}

const TOKEN = /\s*(\d+|[A-Za-z]\w*|[-+*/><(),])/gy;

/** A constant has a value at all times; a series may have none at some. */
interface Operand {
  readonly values: Series;
  readonly isConstant: boolean;
}

type Apply = (a: number, b: number) => number;

/**
 * Metric math over series of one length. Where a series has no value and another has, it counts as 0;
 * where none of them has, there is no point. A difference is to the value before, wherever that is.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws SyntaxError for what the fleet's alarms do not use
 */
export function evaluate(text: string, metrics: Metrics): Series {
  const length = Math.max(...Object.values(metrics).map((each) => each.length));
  const each = (value: (at: number) => Value) => Array.from({ length }, (_, at) => value(at));
  const tokens = Array.from(text.matchAll(TOKEN), ([, token = ""]) => token);
  const take = (expected?: string): string => {
    const token = tokens.shift() ?? "";
    if (expected === undefined || token === expected) return token;
    throw new SyntaxError(`${text}: "${token}" stands where "${expected}" must`);
  };
  const combined = (apply: Apply, left: Operand, right: Operand): Operand => {
    const isConstant = left.isConstant && right.isConstant;
    const series = [left, right].filter((operand) => !operand.isConstant);
    const isMissing = (at: number) => series.every(({ values }) => values[at] === undefined);
    const values = each((at) =>
      !isConstant && isMissing(at) ? undefined : apply(left.values[at] ?? 0, right.values[at] ?? 0),
    );
    return { values, isConstant };
  };
  const binary = (next: () => Operand, signs: Readonly<Record<string, Apply>>) => (): Operand => {
    let left = next();
    for (let sign = signs[tokens[0] ?? ""]; sign; sign = signs[tokens[0] ?? ""]) {
      take();
      left = combined(sign, left, next());
    }
    return left;
  };
  const call = (name: string): Operand => {
    const parameters: Series[] = [];
    for (let sign = take("("); sign !== ")"; sign = take()) parameters.push(comparison().values);
    const [first = [], second = [], third = []] = parameters;
    const values = FUNCTIONS[name]?.(first, second, third);
    if (values === undefined) throw new SyntaxError(`${text}: ${name} is not modeled`);
    return { values, isConstant: false };
  };
  const atom = (): Operand => {
    const token = take();
    if (/^\d/.test(token)) return { values: each(() => Number(token)), isConstant: true };
    if (tokens[0] === "(") return call(token);
    return { values: each((at) => metrics[token]?.[at]), isConstant: false };
  };
  const product = binary(atom, { "*": (a, b) => a * b, "/": (a, b) => a / b });
  const sum = binary(product, { "+": (a, b) => a + b, "-": (a, b) => a - b });
  const comparison = binary(sum, { ">": (a, b) => Number(a > b), "<": (a, b) => Number(a < b) });
  const { values } = comparison();
  if (tokens.length > 0) throw new SyntaxError(`${text}: ${tokens.join(" ")} is left`);
  return values;
}

const FUNCTIONS: Readonly<Record<string, (a: Series, b: Series, c: Series) => Series>> = {
  FILL: (series, filler) => series.map((value, at) => value ?? filler[at]),
  IF: (conditions, yes, no) =>
    conditions.map((value, at) =>
      value === undefined ? undefined : value === 0 ? no[at] : yes[at],
    ),
  DIFF: (series) =>
    series.map((value, at) => {
      const before = series.slice(0, at).findLast((each) => each !== undefined);
      return value === undefined || before === undefined ? undefined : value - before;
    }),
  RUNNING_SUM: (series) => {
    let sum = 0;
    return series.map((value) => {
      sum += value ?? 0;
      return value === undefined ? undefined : sum;
    });
  },
};
