import * as v from "valibot";
import { url } from "../env/index.ts";
import type { Traces, TracesOptions } from "./traces.ts";

const share = "it must be a number from 0 to 1";

/** The variables that configure traces. */
export const tracesVariables = {
  /** An OTLP endpoint over HTTP: of a collector, or of X-Ray, whose requests are signed. */
  IMAGEFLEET_TRACES_URL: v.optional(
    v.pipe(url, v.regex(/^https?:/, "it must be an http or https URL")),
  ),
  /** The sampled share of new traces, 0 to 1. A trace that continues another follows its sampling. */
  IMAGEFLEET_TRACES_SHARE: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d*\.?\d+(e-\d+)?$/, share),
      v.transform(Number),
      v.maxValue(1, share),
    ),
    "1",
  ),
};

/**
 * Starts traces; undefined without a URL.
 *
 * @example
 * const url = "http://127.0.0.1:4318/v1/traces";
 * const program = { program: "worker", region: "eu-central-1", aws: s3, log: telemetry.log };
 * const traces = await openTraces({ ...program, url, share: 0.1 });
 */
export async function openTraces(options: TracesOptions): Promise<Traces | undefined> {
  if (options.url === undefined) return undefined;
  const { OtlpTraces } = await import("./otlp-traces.ts");
  return OtlpTraces.open({ ...options, url: options.url });
}
