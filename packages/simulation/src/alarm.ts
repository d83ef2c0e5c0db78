import { value } from "./constants.ts";
import { readExpression, type Series } from "./metric-math.ts";
import { type MetricSeries, type Metrics, metricId } from "./metrics.ts";

/** A metric alarm, as it is deployed. */
export interface AlarmOptions {
  readonly name: string;
  /** Each is a metric, or the one expression over them. */
  readonly metrics: readonly {
    readonly id: string;
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly stat: string;
    /** s */
    readonly period: number;
  }[];
  /** What is compared: an expression, or a metric's id. */
  readonly expression: string;
  readonly comparison: "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  readonly threshold: number;
  /** M of N periods. */
  readonly periods: number;
  readonly breaching: number;
  readonly missing: "notBreaching" | "breaching" | "ignore" | "missing";
  /** The names of policies and topics. */
  readonly actions: readonly string[];
  readonly okActions: readonly string[];
}

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/** What an evaluation found. */
export interface Evaluation {
  readonly state: AlarmState;
  /** The newest value; undefined without one. */
  readonly newest: number | undefined;
}

const MINUTE = value("metricPeriod");

/**
 * A metric alarm, which CloudWatch evaluates every minute: M of the newest N values breach, where those
 * that are missing count as `missing` says if there are not enough others in the evaluation range, which
 * is some periods longer than N.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export class Alarm {
  state: AlarmState = "OK";
  readonly options: AlarmOptions;
  readonly #count: number;
  readonly #expression: ReturnType<typeof readExpression>;
  readonly #operands: readonly {
    readonly id: string;
    readonly stat: string;
    readonly minutes: number;
    readonly series: MetricSeries;
  }[];

  /** @param longer periods that the evaluation range is longer than the alarm's */
  constructor(options: AlarmOptions, metrics: Metrics, longer = value("evaluationRange")) {
    this.options = options;
    this.#count = options.periods + longer;
    this.#expression = readExpression(options.expression);
    this.#operands = options.metrics.map(({ id, stat, period, namespace, name, dimensions }) => ({
      id,
      stat,
      minutes: period / MINUTE,
      series: metrics.series(metricId(namespace, name, dimensions)),
    }));
  }

  /**
   * @param minute the last one that has ended
   * @param now s
   * @returns the new state
   */
  evaluate(minute: number, now: number): Evaluation {
    const operands: Record<string, Series> = {};
    for (const { id, stat, minutes, series } of this.#operands) {
      const values: (number | undefined)[] = [];
      for (let back = this.#count - 1; back >= 0; back--) {
        const end = minute - back * minutes;
        values.push(series.statistic(stat, end - minutes + 1, end, now));
      }
      operands[id] = values;
    }
    const real = this.#expression(operands).filter((each) => each !== undefined);
    this.state = this.#next(real);
    return { state: this.state, newest: real.at(-1) };
  }

  #next(real: readonly number[]): AlarmState {
    const { periods, breaching, missing, comparison, threshold } = this.options;
    const isBreaching = (each: number) =>
      comparison === "LessThanThreshold" ? each < threshold : each >= threshold;
    const found = real.slice(-periods).filter(isBreaching).length;
    const absent = Math.max(0, periods - real.length);
    if (absent > 0 && missing === "ignore") return this.state;
    if (absent === periods && missing === "missing") return "INSUFFICIENT_DATA";
    return found + (missing === "breaching" ? absent : 0) >= breaching ? "ALARM" : "OK";
  }
}
