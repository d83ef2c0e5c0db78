import type { Lane } from "@imagefleet/core/outcome";
import {
  FUNCTION_SECOND_USD,
  functionSeconds,
  PRICES,
  TASK_SECOND_USD,
  taskSeconds,
} from "@imagefleet/core/prices";
import { WAIT_SECONDS } from "@imagefleet/simulation";
import type { Measured } from "../../sample/measure.ts";
import type { Material } from "../../sample/sample.ts";

/** The estimate of one lane; times in s, costs in USD. */
interface LaneEstimate {
  readonly images: number;
  readonly secondsAnImage: number;
  readonly seconds: number;
  readonly usd: number;
}

export interface Estimate {
  readonly lanes: Readonly<Record<Lane, LaneEstimate>>;
  readonly storeUsd: number;
  readonly queueUsd: number;
  readonly totalUsd: number;
  /** The bytes of the renditions. */
  readonly bytesOut: number;
  readonly storageUsdAMonth: number;
}

/** Estimates time and cost from a sample. */
export function estimate(
  material: Material,
  sample: readonly Measured[],
  fleet: { readonly functions: number; readonly tasks: number },
): Estimate {
  const { s3, sqs, lambda } = PRICES;
  const images = lanesOf(material, sample);
  const cpu = { small: meanCpu(sample, "small"), large: meanCpu(sample, "large") };
  const renditions = mean(sample.map((one) => one.renditions));
  const small = functionSeconds({ cpuSeconds: cpu.small, waitSeconds: WAIT_SECONDS.small });
  const large = taskSeconds({ cpuSeconds: cpu.large, waitSeconds: WAIT_SECONDS.large });
  const smallUsd =
    images.small * small * FUNCTION_SECOND_USD + (images.small / 10) * lambda.request;
  const largeUsd = images.large * large * TASK_SECOND_USD;
  const storeUsd = material.sources * (3 * s3.read + (renditions + 1) * s3.write);
  // Events and forwarded jobs are sent one by one; messages are received and deleted in tens.
  const queueUsd = (material.sources + images.large) * 1.2 * sqs.request;
  const ratio =
    sum(sample.map((one) => one.bytesOut)) / Math.max(1, sum(sample.map((one) => one.bytesIn)));
  const bytesOut = material.bytes * ratio;
  return {
    lanes: {
      small: {
        images: images.small,
        secondsAnImage: small,
        seconds: (images.small * small) / fleet.functions,
        usd: smallUsd,
      },
      large: {
        images: images.large,
        secondsAnImage: large,
        seconds: (images.large * large) / fleet.tasks,
        usd: largeUsd,
      },
    },
    storeUsd,
    queueUsd,
    totalUsd: smallUsd + largeUsd + storeUsd + queueUsd,
    bytesOut,
    storageUsdAMonth: (bytesOut / 2 ** 30) * s3.gibMonth,
  };
}

/** The bytes of all sources are known; the cost of a decode is known only for the sample. */
function lanesOf({ sources, large }: Material, sample: readonly Measured[]): Record<Lane, number> {
  const small = sample.filter(({ lane }) => lane === "small").length;
  const rest = sources - large;
  const share = sample.length === 0 ? 1 : small / sample.length;
  // The sample also contains sources that are large by bytes: they are counted once.
  const costly = Math.max(0, Math.round(sources * (1 - share)) - large);
  return { small: rest - Math.min(rest, costly), large: large + Math.min(rest, costly) };
}

/** The mean of a lane; of the whole sample when it has no image of this lane. */
function meanCpu(sample: readonly Measured[], lane: Lane): number {
  const some = sample.filter((one) => one.lane === lane);
  return mean((some.length > 0 ? some : sample).map(({ cpuSeconds }) => cpuSeconds));
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}
