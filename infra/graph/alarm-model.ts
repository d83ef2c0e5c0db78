import { at, listAt, numberAt, textAt } from "./read.ts";
import type { Resource } from "./resource.ts";

/** A metric by minute, the newest last; undefined: CloudWatch has no value for it, yet or ever. */
export type Series = readonly (number | undefined)[];
type Value = number | undefined;

/**
 * Is a metric alarm in ALARM, with these values of its metrics by their ids? As CloudWatch evaluates
 * it: M of the newest N points, those that are missing taken as `treatMissingData` says where there
 * are not enough others in the evaluation range, a few minutes longer than N.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function isInAlarm(alarm: Resource, series: Readonly<Record<string, Series>>): boolean {
  const { inputs } = alarm;
  const all = numberAt(inputs, "evaluationPeriods");
  const some =
    at(inputs, "datapointsToAlarm") === undefined ? all : numberAt(inputs, "datapointsToAlarm");
  const returned = listAt(inputs, "metricQueries").find(
    (query) => at(query, "returnData") === true,
  );
  const text = textAt(returned, "expression") || textAt(returned, "id");
  const length = Math.max(...Object.values(series).map((each) => each.length));
  const range = Array.from({ length: all + LONGER }, (_, back) => {
    const minute = length - 1 - back;
    return evaluate(text, (id) => series[id]?.[minute]);
  });
  // The newest that are there; what is missing counts only where those are too few.
  const real = range.filter((value) => value !== undefined).slice(0, all);
  const breaching = real.filter((value) => isBreaching(inputs, value)).length;
  const missing = all - real.length;
  const counted = textAt(inputs, "treatMissingData") === "breaching" ? missing : 0;
  return breaching + counted >= some;
}

/** Minutes that the evaluation range goes back beyond the periods: "approximately" one more or several. */
const LONGER = 3;

function isBreaching(inputs: Resource["inputs"], value: number): boolean {
  const threshold = numberAt(inputs, "threshold");
  return textAt(inputs, "comparisonOperator") === "LessThanThreshold"
    ? value < threshold
    : value >= threshold;
}

const TOKEN = /\s*(\d+|[A-Za-z]\w*|[-+*/><(),])/gy;

/** A constant has a value at all times; a series may have none at this one. */
interface Operand {
  readonly value: Value;
  readonly isConstant: boolean;
}

type Apply = (a: number, b: number) => number;

/**
 * Metric math at one point in time. Where a series has no value and another has, it counts as 0; where
 * none of them has, there is no point.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws SyntaxError for what the fleet's alarms do not use
 */
export function evaluate(text: string, metric: (id: string) => Value): Value {
  const tokens = Array.from(text.matchAll(TOKEN), ([, token = ""]) => token);
  const take = (expected?: string): string => {
    const token = tokens.shift() ?? "";
    if (expected === undefined || token === expected) return token;
    throw new SyntaxError(`${text}: "${token}" stands where "${expected}" must`);
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
    const parameters: Operand[] = [];
    for (let sign = take("("); sign !== ")"; sign = take()) parameters.push(comparison());
    const [first = NOTHING, second = NOTHING, third = NOTHING] = parameters;
    if (name === "FILL") return { value: first.value ?? second.value, isConstant: false };
    if (name !== "IF") throw new SyntaxError(`${text}: ${name} is not modelled`);
    return first.value === undefined ? NOTHING : first.value === 0 ? third : second;
  };
  const atom = (): Operand => {
    const token = take();
    if (/^\d/.test(token)) return { value: Number(token), isConstant: true };
    return tokens[0] === "(" ? call(token) : { value: metric(token), isConstant: false };
  };
  const product = binary(atom, { "*": (a, b) => a * b, "/": (a, b) => a / b });
  const sum = binary(product, { "+": (a, b) => a + b, "-": (a, b) => a - b });
  const comparison = binary(sum, { ">": (a, b) => Number(a > b), "<": (a, b) => Number(a < b) });
  const { value } = comparison();
  if (tokens.length > 0) throw new SyntaxError(`${text}: ${tokens.join(" ")} is left`);
  return value;
}

const NOTHING: Operand = { value: undefined, isConstant: false };

function combined(apply: Apply, left: Operand, right: Operand): Operand {
  const isConstant = left.isConstant && right.isConstant;
  const series = [left, right].filter((operand) => !operand.isConstant);
  if (!isConstant && series.every(({ value }) => value === undefined)) return NOTHING;
  return { value: apply(left.value ?? 0, right.value ?? 0), isConstant };
}
