import type { Fleet } from "./context.ts";

/** Metrics and traces of a fleet. */
export interface Telemetry {
  /** The namespace of the fleet's own metrics; undefined where there are none. */
  readonly metricsNamespace: string | undefined;
  /** The environment variables of both programs. */
  readonly environment: Record<string, $util.Input<string>>;
  /** The port of the trace collector's URL, where there is a collector. */
  readonly tracesPort: number | undefined;
  /** The permissions for traces. X-Ray has no resource-level permissions. */
  readonly tracing: { actions: string[]; resources: string[] }[];
}

export function telemetryOf({ name, settings, region }: Fleet): Telemetry {
  const { metrics, traces, tracedShare } = settings;
  // In `sst dev` the programs run on the developer's machine, and their output is read there.
  const metricsNamespace = metrics && !$dev ? `${$app.name}/${$app.stage}/${name}` : undefined;
  return {
    metricsNamespace,
    environment: {
      ...(metricsNamespace !== undefined && { IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace }),
      ...(traces !== "off" && {
        IMAGEFLEET_TRACES_URL:
          traces === "xray" ? $interpolate`https://xray.${region}.amazonaws.com/v1/traces` : traces,
        IMAGEFLEET_TRACES_SHARE: String(tracedShare),
      }),
    },
    tracesPort: traces === "off" || traces === "xray" ? undefined : portOf(traces),
    tracing:
      traces === "xray"
        ? [
            {
              actions: ["xray:PutSpans", "xray:PutSpansForIndexing", "xray:PutTraceSegments"],
              resources: ["*"],
            },
          ]
        : [],
  };
}

/** A URL omits its protocol's default port. */
function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}
