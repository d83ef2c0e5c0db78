import { METRICS, type MetricName, PHASES } from "./metric-names.ts";
import { type Graph, PERIOD, type Place, type Row } from "./widgets.ts";

/** The graphs of the fleet's own metrics. SEARCH finds the series, because they are not known in advance. */
export function ownRows(graph: Graph, namespace: string): Row[] {
  const search = (name: MetricName, stat: string) => {
    const schema = [namespace, ...METRICS[name]].map((each) => `"${each}"`).join(",");
    return `SEARCH('{${schema}} MetricName="${name}"', '${stat}', ${PERIOD})`;
  };
  const own = (name: MetricName, stat: string): Place => [{ expression: search(name, stat) }];
  const all = (name: MetricName, label: string): Place => [
    { expression: `SUM(${search(name, "Sum")})`, label },
  ];
  return [
    [
      6,
      graph("Jobs by outcome", [own("jobs", "Sum")], { stacked: true }),
      graph("Dead letters by reason", [own("deadLetters", "Sum")], { stacked: true }),
      graph("Job, p50 and p95 by size, ms", [own("jobMs", "p50"), own("jobMs", "p95")]),
      graph("Wait in the queue, p95, ms", [own("waitMs", "p95")]),
    ],
    [
      6,
      graph(
        "Where the time goes, ms",
        PHASES.map((phase) => all(phase, phase.replace("Ms", ""))),
        { stacked: true },
      ),
      graph("Decode and encode, p95 by size, ms", [own("decodeMs", "p95"), own("encodeMs", "p95")]),
      graph("Bytes in, out and saved", [
        own("bytesIn", "Sum"),
        own("bytesOut", "Sum"),
        own("bytesSaved", "Sum"),
      ]),
      graph("Messages a batch", [own("batchSize", "Average"), own("batchSize", "Maximum")]),
    ],
    [
      6,
      graph("Renditions on request by answer", [own("deliveries", "Sum")], { stacked: true }),
      graph("Rendition on request, p50 and p95 by answer, ms", [
        own("deliverMs", "p50"),
        own("deliverMs", "p95"),
      ]),
    ],
  ];
}
