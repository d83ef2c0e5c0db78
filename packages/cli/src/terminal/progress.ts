import type { FleetStatus } from "@imagefleet/local/fleet";
import type { Screen } from "./screen.ts";
import { formatMs } from "./units.ts";

/** How far the work is, at one moment. */
export interface ProgressState {
  readonly done: number;
  readonly total: number;
  readonly rejected: number;
  /** ms since work began */
  readonly elapsedMs: number;
  /** ms since the last one was done */
  readonly quietMs: number;
  readonly lanes?: FleetStatus["lanes"];
}

const BAR = 28;

/** A forecast from less is a guess. */
const ENOUGH_DONE = 3;
const ENOUGH_MS = 1_000;

/** Nothing for so long: a process has died, and what it had in hand comes back when its time is up. */
const QUIET_MS = 5_000;

/** The fleet's visibility timeout on this machine: a third more than the function's 30 s. */
export const COMES_BACK = "comes back within about 40 s";

/** Lines for a terminal that is drawn in place. */
export function progressLines(state: ProgressState, paint: Screen["tint"]): string[] {
  const { done, total, rejected } = state;
  const filled = total === 0 ? BAR : Math.round((done / total) * BAR);
  const bar = paint("green", "█".repeat(filled)) + paint("dim", "░".repeat(BAR - filled));
  const dead = rejected === 0 ? "" : paint("yellow", `   ${rejected} rejected`);
  const lines = [`${bar}  ${done} of ${total}   ${rate(state)}${dead}`];
  if (state.lanes) lines.push(paint("dim", laneText(state.lanes)));
  return lines;
}

/** The same in one plain line, for a log. */
export function progressLine(state: ProgressState): string {
  const { done, total, rejected, lanes } = state;
  return [
    `${done} of ${total} done`,
    rate(state),
    ...(rejected === 0 ? [] : [`${rejected} rejected`]),
    ...(lanes ? [laneText(lanes)] : []),
  ].join(", ");
}

function rate({ done, total, elapsedMs, quietMs, lanes }: ProgressState): string {
  const perSecond = elapsedMs === 0 ? 0 : (done / elapsedMs) * 1000;
  const text = `${perSecond.toFixed(1)} images/s`;
  if (quietMs >= QUIET_MS) {
    const held = lanes !== undefined && lanes.small.inFlight + lanes.large.inFlight > 0;
    const why = held ? ` (if a process has died, what it had in flight ${COMES_BACK})` : "";
    return `${text}, nothing new for ${formatMs(quietMs)}${why}`;
  }
  if (done < ENOUGH_DONE || elapsedMs < ENOUGH_MS || done >= total) return text;
  return `${text}, about ${formatMs(Math.ceil((total - done) / perSecond) * 1000)} left`;
}

function laneText(lanes: FleetStatus["lanes"]): string {
  return Object.entries(lanes)
    .map(
      ([lane, { waiting, inFlight }]) => `${lane} lane: ${waiting} waiting, ${inFlight} in flight`,
    )
    .join(" · ");
}

/** How often a terminal is drawn, and a log is written, ms. */
const DRAW_MS = 200;
const LOG_MS = 5_000;

type Seen = Omit<ProgressState, "quietMs">;

/** Shows progress until it is disposed of. */
export function showProgress(screen: Screen, look: () => Seen | Promise<Seen>): Disposable {
  let last = { done: 0, at: performance.now() };
  return showRepeatedly(screen, async () => {
    const seen = await look();
    const at = performance.now();
    if (seen.done !== last.done) last = { done: seen.done, at };
    const state = { ...seen, quietMs: at - last.at };
    return screen.isLive ? progressLines(state, screen.tint) : [progressLine(state)];
  });
}

/** Shows the lines that are given, as they are now, until it is disposed of. */
export function showRepeatedly(
  screen: Screen,
  look: () => readonly string[] | Promise<readonly string[]>,
): Disposable {
  let looking = false;
  let over = false;
  const show = async () => {
    if (looking) return;
    looking = true;
    try {
      const lines = await look();
      if (over) return;
      if (screen.isLive) screen.live(lines);
      else for (const line of lines) screen.note(line);
    } catch {
      // A status that does not come is not what a run should end of.
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(show, screen.isLive ? DRAW_MS : LOG_MS);
  if (screen.isLive) void show();
  return {
    [Symbol.dispose]() {
      over = true;
      clearInterval(timer);
      screen.endLive();
    },
  };
}
