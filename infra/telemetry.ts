import type { Fleet } from "./context.ts";

/** What a fleet tells of itself besides its logs. */
export interface Telemetry {
  /** Of the fleet's own metrics; undefined: there are none. */
  readonly metricsNamespace: string | undefined;
  /** What both programs are told of what they are to tell. */
  readonly environment: Record<string, $util.Input<string>>;
  /** Where traces leave by: the port of the collector's URL, if they go to one. */
  readonly tracesPort: number | undefined;
  /** What they may do for it: X-Ray knows no resources of its own to name. */
  readonly tracing: { actions: string[]; resources: string[] }[];
}

export function telemetryOf({ name, settings, region }: Fleet): Telemetry {
  const { metrics, traces, tracedShare } = settings;
  // In `sst dev` the programs run at home, and what they print is read there.
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

/** A URL says nothing of a port that is its protocol's own. */
function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}
