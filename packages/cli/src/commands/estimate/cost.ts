import type { Lane } from "@imagefleet/core/outcome";
import {
  FUNCTION_SECOND_USD,
  functionSeconds,
  PRICES,
  TASK_SECOND_USD,
  taskSeconds,
} from "@imagefleet/core/prices";

/** What a picture of the sample took on this machine. */
export interface Measured {
  readonly lane: Lane;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly renditions: number;
  /** CPU time of decoding and encoding, s. */
  readonly cpuSeconds: number;
}

/** What is to be done in all; bytes of sources. */
export interface Material {
  readonly sources: number;
  readonly bytes: number;
  /** Those that are for the large lane by their bytes alone. */
  readonly large: number;
}

/** One lane's share; times in s, money in USD. */
export interface LaneEstimate {
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
  /** Of renditions. */
  readonly bytesOut: number;
  readonly storageUsdAMonth: number;
}

/** Beside the CPU time: the source read, the renditions written, s an image. */
const STORE_SECONDS = { small: 0.05, large: 2 } as const;

/** What so much material costs and takes, by what a sample of it took. */
export function estimate(
  material: Material,
  sample: readonly Measured[],
  fleet: { readonly functions: number; readonly tasks: number },
): Estimate {
  const { s3, sqs, lambda } = PRICES;
  const images = lanesOf(material, sample);
  const cpu = { small: meanCpu(sample, "small"), large: meanCpu(sample, "large") };
  const renditions = mean(sample.map((one) => one.renditions));
  const small = functionSeconds({ cpuSeconds: cpu.small, waitSeconds: STORE_SECONDS.small });
  const large = taskSeconds({ cpuSeconds: cpu.large, waitSeconds: STORE_SECONDS.large });
  const smallUsd =
    images.small * small * FUNCTION_SECOND_USD + (images.small / 10) * lambda.request;
  const largeUsd = images.large * large * TASK_SECOND_USD;
  const storeUsd = material.sources * (3 * s3.read + (renditions + 1) * s3.write);
  // S3 sends each by itself, as does who forwards it; it is received and deleted in tens.
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

/** Large by bytes is known of all; large by what decoding takes, only of the sample. */
function lanesOf({ sources, large }: Material, sample: readonly Measured[]): Record<Lane, number> {
  const small = sample.filter(({ lane }) => lane === "small").length;
  const rest = sources - large;
  const share = sample.length === 0 ? 1 : small / sample.length;
  // The sample holds those that are large by bytes as well: they are counted once.
  const costly = Math.max(0, Math.round(sources * (1 - share)) - large);
  return { small: rest - Math.min(rest, costly), large: large + Math.min(rest, costly) };
}

/** Of the lane; where the sample has none, of any picture, by the bytes. */
function meanCpu(sample: readonly Measured[], lane: Lane): number {
  const some = sample.filter((one) => one.lane === lane);
  return mean((some.length > 0 ? some : sample).map(({ cpuSeconds }) => cpuSeconds));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}
