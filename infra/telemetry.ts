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
