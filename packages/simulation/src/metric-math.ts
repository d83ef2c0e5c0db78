type Value = number | undefined;
/** A metric in one period after the other, the newest last; undefined: CloudWatch has no value, yet or ever. */
export type Series = readonly Value[];

/** A constant has a value at all times; a series may have none at some. */
interface Operand {
  readonly values: Series;
  readonly isConstant: boolean;
}

type Term = (metrics: Readonly<Record<string, Series>>, length: number) => Operand;
type Apply = (a: number, b: number) => number;

const TOKEN = /\s*(\d+|[A-Za-z]\w*|>=|<=|[-+*/><(),])/gy;
const PRODUCT: Readonly<Record<string, Apply>> = { "*": (a, b) => a * b, "/": (a, b) => a / b };
const SUM: Readonly<Record<string, Apply>> = { "+": (a, b) => a + b, "-": (a, b) => a - b };
const COMPARISON: Readonly<Record<string, Apply>> = {
  ">": (a, b) => Number(a > b),
  "<": (a, b) => Number(a < b),
  ">=": (a, b) => Number(a >= b),
  "<=": (a, b) => Number(a <= b),
};

/**
 * Reads metric math over series of one length. Where a series has no value and another has, it counts as
 * 0; where none of them has, there is no value. A difference is to the value before, wherever that is.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @returns what calculates the series of the expression
 * @throws SyntaxError for what is not modeled
 *
 * @example
 * readExpression("waiting + inFlight")({ waiting: [3, 2], inFlight: [undefined, 1] }); // [3, 3]
 */
export function readExpression(
  text: string,
): (metrics: Readonly<Record<string, Series>>) => Series {
  const tokens = Array.from(text.matchAll(TOKEN), ([, token = ""]) => token);
  const take = (expected?: string): string => {
    const token = tokens.shift() ?? "";
    if (expected === undefined || token === expected) return token;
    throw new SyntaxError(`${text}: "${token}" stands where "${expected}" must`);
  };
  const binary = (next: () => Term, signs: Readonly<Record<string, Apply>>) => (): Term => {
    let left = next();
    for (let sign = signs[tokens[0] ?? ""]; sign; sign = signs[tokens[0] ?? ""]) {
      take();
      left = combined(sign, left, next());
    }
    return left;
  };
  const call = (name: string): Term => {
    const parameters: Term[] = [];
    for (let sign = take("("); sign !== ")"; sign = take()) parameters.push(comparison());
    const apply = FUNCTIONS[name];
    if (apply === undefined) throw new SyntaxError(`${text}: ${name} is not modeled`);
    return (metrics, length) => {
      const [first = [], second = [], third = []] = parameters.map(
        (each) => each(metrics, length).values,
      );
      return { values: apply(first, second, third), isConstant: false };
    };
  };
  const atom = (): Term => {
    const token = take();
    if (/^\d/.test(token)) {
      const each = Number(token);
      return (_, length) => ({ values: Array(length).fill(each), isConstant: true });
    }
    if (tokens[0] === "(") return call(token);
    return (metrics, length) => ({
      values: metrics[token] ?? Array(length).fill(undefined),
      isConstant: false,
    });
  };
  const product = binary(atom, PRODUCT);
  const sum = binary(product, SUM);
  const comparison = binary(sum, COMPARISON);
  const term = comparison();
  if (tokens.length > 0) throw new SyntaxError(`${text}: ${tokens.join(" ")} is left`);
  return (metrics) => {
    const length = Math.max(...Object.values(metrics).map((each) => each.length));
    return term(metrics, length).values;
  };
}

function combined(apply: Apply, one: Term, other: Term): Term {
  return (metrics, length) => {
    const [left, right] = [one(metrics, length), other(metrics, length)];
    const isConstant = left.isConstant && right.isConstant;
    const values: Value[] = [];
    for (let at = 0; at < length; at++) {
      const [a, b] = [left.values[at], right.values[at]];
      // A constant does not make a value of a series that has none.
      const isThere =
        isConstant ||
        (a !== undefined && !left.isConstant) ||
        (b !== undefined && !right.isConstant);
      values.push(isThere ? apply(a ?? 0, b ?? 0) : undefined);
    }
    return { values, isConstant };
  };
}

const FUNCTIONS: Readonly<Record<string, (a: Series, b: Series, c: Series) => Series>> = {
  FILL: (series, filler) => series.map((value, at) => value ?? filler[at]),
  IF: (conditions, yes, no) =>
    conditions.map((value, at) =>
      value === undefined ? undefined : value === 0 ? no[at] : yes[at],
    ),
  DIFF: (series) => {
    let before: Value;
    return series.map((value) => {
      if (value === undefined) return undefined;
      const difference = before === undefined ? undefined : value - before;
      before = value;
      return difference;
    });
  },
  RUNNING_SUM: (series) => {
    let sum = 0;
    return series.map((value) => {
      sum += value ?? 0;
      return value === undefined ? undefined : sum;
    });
  },
};
