import { region, settings } from "./stage.ts";

/** In `sst dev` the programs run at home, and what they print is read there. */
export const metricsNamespace =
  settings.metrics && !$dev ? `${$app.name}/${$app.stage}` : undefined;

const { traces, tracedShare } = settings;

/** What both programs are told of what they are to tell. */
export const telemetry: Record<string, $util.Input<string>> = {
  ...(metricsNamespace !== undefined && { IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace }),
  ...(traces !== "off" && {
    IMAGEFLEET_TRACES_URL:
      traces === "xray" ? $interpolate`https://xray.${region}.amazonaws.com/v1/traces` : traces,
    IMAGEFLEET_TRACES_SHARE: String(tracedShare),
  }),
};

/** Where traces leave by: the port of the collector's URL, if they go to one. */
export const tracesPort = traces === "off" || traces === "xray" ? undefined : portOf(traces);

/** What they may do for it: X-Ray knows no resources of its own to name. */
export const tracing: { actions: string[]; resources: string[] }[] =
  traces === "xray"
    ? [
        {
          actions: ["xray:PutSpans", "xray:PutSpansForIndexing", "xray:PutTraceSegments"],
          resources: ["*"],
        },
      ]
    : [];

/** A URL says nothing of a port that is its protocol's own. */
function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}
