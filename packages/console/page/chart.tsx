import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { thousands } from "./format.ts";

interface Series {
  readonly label: string;
  readonly values: readonly number[];
  /** A custom property of the style sheet. */
  readonly color: string;
}

const HEIGHT_PX = 170;

/** Lines over time. It is redrawn in place, so that a page that stays open does not grow. */
export function Chart(props: {
  title: string;
  /** s since the epoch */
  times: readonly number[];
  series: readonly Series[];
  /** What the chart says, for those who cannot see it. */
  summary: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const { times, series } = props;
  const data = (): uPlot.AlignedData => [[...times], ...series.map(({ values }) => [...values])];
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(series, element.clientWidth), data(), element);
    };
    draw();
    const sizes = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    sizes.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener("change", draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data()), [times, series]);
  return (
    <figure class="card chart">
      <figcaption>
        <h2>{props.title}</h2>
        <ul class="legend">
          {series.map(({ label, values, color }) => (
            <li key={label}>
              <span class={`dot ${color.slice(2)}`} aria-hidden="true" /> {label}{" "}
              <b>{thousands(values.at(-1) ?? 0)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} role="img" aria-label={props.summary} />
    </figure>
  );
}

function optionsOf(series: readonly Series[], width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colorOf = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colorOf("--dim"),
    grid: { stroke: colorOf("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(10, max * 1.1)] } },
    axes: [
      { ...axis, space: 80, size: 30, values: timesOf },
      { ...axis, size: 52 },
    ],
    series: [
      {},
      ...series.map(({ label, color }) => ({
        label,
        stroke: colorOf(color),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

/** In the person's own form; with seconds when the chart shows less than five minutes. */
function timesOf(_plot: uPlot, at: readonly number[]): string[] {
  const isShort = (at.at(-1) ?? 0) - (at[0] ?? 0) < 300;
  const form = { timeStyle: isShort ? "medium" : "short" } as const;
  return at.map((seconds) => new Date(seconds * 1000).toLocaleTimeString([], form));
}
