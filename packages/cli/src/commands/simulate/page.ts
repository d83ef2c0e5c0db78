import type { Moment, SimulationResult } from "@imagefleet/simulation";
import { thousands, usd } from "../../terminal/format.ts";
import { capacityText, type Report } from "./report.ts";

const WIDTH = 900;
const HEIGHT = 150;
const LEFT = 64;

/** A page with a graph of each number over time, without scripts. */
export function page(report: Report, result: SimulationResult): string {
  const { moments } = result;
  const graphs = [
    graph("Functions at once", moments, ({ functions }) => functions),
    graph("Messages that wait in the small lane", moments, ({ waiting }) => waiting),
    graph("Images done a second", moments, ({ rate }) => rate),
    ...(result.mostTasks > 0
      ? [
          graph("Tasks", moments, ({ tasks }) => tasks),
          graph(
            "Messages that wait in the large lane",
            moments,
            ({ waitingLarge }) => waitingLarge,
          ),
        ]
      : []),
  ];
  const total = report.cost.reduce((sum, [, amount]) => sum + amount, 0);
  const facts: readonly (readonly [string, string])[] = [
    ["p50", `${result.small.p50.toFixed(1)} s`],
    ["p95", `${result.small.p95.toFixed(1)} s`],
    ["p99", `${result.small.p99.toFixed(1)} s`],
    ["batch", `${result.batchFill.toFixed(1)} messages`],
    ["cost", usd(total)],
    ["alarms", result.alarms.map(({ name }) => name).join(", ") || "none"],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(report.title)}</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --line: light-dark(#0b65c2, #6cb6ff); }
  body { max-width: 940px; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; margin: 0; }
  h2 { font-size: 1rem; margin: 1.6rem 0 .2rem; }
  p { margin: .2rem 0; opacity: .75; }
  dl { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: 1.2rem 0 0; }
  dt { font-size: .8rem; opacity: .7; }
  dd { margin: 0; font-size: 1.1rem; font-variant-numeric: tabular-nums; }
  svg { width: 100%; height: auto; display: block; }
  text { fill: currentColor; font-size: 12px; opacity: .7; }
  .line { fill: none; stroke: var(--line); stroke-width: 1.6; }
  .area { fill: var(--line); opacity: .15; }
  .grid { stroke: currentColor; opacity: .15; }
</style>
<h1>${escaped(report.title)}</h1>
<p>With ${escaped(capacityText(report.settings))}. ${escaped(report.basis)} Seed ${report.seed}.</p>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join("")}</dl>
${graphs.join("\n")}
</html>
`;
}

function graph(title: string, moments: readonly Moment[], of: (moment: Moment) => number): string {
  const values = moments.map(of);
  const most = Math.max(...values, 1);
  const end = moments.at(-1)?.at ?? 1;
  const x = (at: number) => LEFT + (at / end) * (WIDTH - LEFT - 8);
  const y = (value: number) => 10 + (1 - value / most) * (HEIGHT - 36);
  const points = moments.map((moment) => `${x(moment.at).toFixed(1)},${y(of(moment)).toFixed(1)}`);
  const unit = end > 7200 ? 3600 : 60;
  const times = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const label = `${Number(((share * end) / unit).toFixed(1))} ${unit === 3600 ? "h" : "min"}`;
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    return `<text x="${x(share * end)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${label}</text>`;
  });
  const lines = [0, 0.5, 1].map(
    (share) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(share * most)}" y2="${y(share * most)}"/><text x="${LEFT - 8}" y="${y(share * most) + 4}" text-anchor="end">${thousands(Number((share * most).toFixed(1)))}</text>`,
  );
  return `<h2>${title}</h2>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${thousands(Number(most.toFixed(1)))} at most">
${lines.join("")}
<polygon class="area" points="${x(0)},${y(0)} ${points.join(" ")} ${x(end)},${y(0)}"/>
<polyline class="line" points="${points.join(" ")}"/>
${times.join("")}
</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
