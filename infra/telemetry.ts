import { settings } from "./stage.ts";

/** In `sst dev` the programs run at home, and what they print is read there. */
export const metricsNamespace =
  settings.metrics && !$dev ? `${$app.name}/${$app.stage}` : undefined;

/** What both programs are told of what they are to tell. */
export const telemetry: Record<string, string> = {
  ...(metricsNamespace !== undefined && { IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace }),
};
