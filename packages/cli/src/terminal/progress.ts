import type { FleetStatus } from "@imagefleet/local/fleet";
import { formatMs } from "./format.ts";
import type { Screen } from "./screen.ts";

/** The progress of the work. */
export interface ProgressState {
  readonly done: number;
  readonly total: number;
  readonly rejected: number;
  /** ms since the work started */
  readonly elapsedMs: number;
  /** ms since the last job ended */
  readonly quietMs: number;
  readonly lanes?: FleetStatus["lanes"];
}

const BAR = 28;

/** A forecast needs at least this much. */
const ENOUGH_DONE = 3;
const ENOUGH_MS = 1_000;

/** After this time without progress, a process has probably exited with messages in flight. */
const QUIET_MS = 5_000;

/** The first job takes longer: the function starts, and compiles its modules when it is new. */
const START_MS = 20_000;

/** The visibility timeout of the local fleet is 40 s, a third more than the function's 30 s. */
export const RECEIVED_AGAIN = "received again within about 40 s";

/** Lines for a terminal that is updated in place. */
export function progressLines(state: ProgressState, paint: Screen["tint"]): string[] {
  const { done, total, rejected } = state;
  const filled = total === 0 ? BAR : Math.round((done / total) * BAR);
  const bar = paint("green", "█".repeat(filled)) + paint("dim", "░".repeat(BAR - filled));
  const rejectedText = rejected === 0 ? "" : paint("yellow", `   ${rejected} rejected`);
  const lines = [`${bar}  ${done} of ${total}   ${rate(state)}${rejectedText}`];
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
  if (done === 0 && quietMs < START_MS) return "starting";
  const perSecond = elapsedMs === 0 ? 0 : (done / elapsedMs) * 1000;
  const text = `${perSecond.toFixed(1)} images/s`;
  if (quietMs >= QUIET_MS) {
    const isInFlight = lanes !== undefined && lanes.small.inFlight + lanes.large.inFlight > 0;
    const why = isInFlight ? ` (if a process has exited, its messages are ${RECEIVED_AGAIN})` : "";
    return `${text}, no progress for ${formatMs(quietMs)}${why}`;
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

/** How often a terminal is updated, ms. */
const DRAW_MS = 200;

type Current = Omit<ProgressState, "quietMs">;

/** Shows progress until disposal. */
export function showProgress(screen: Screen, look: () => Current | Promise<Current>): Disposable {
  let last = { done: 0, at: performance.now() };
  return showRepeatedly(screen, async () => {
    const seen = await look();
    const at = performance.now();
    if (seen.done !== last.done) last = { done: seen.done, at };
    const state = { ...seen, quietMs: at - last.at };
    return screen.isLive ? progressLines(state, screen.tint) : [progressLine(state)];
  });
}

/** Shows the lines that `look` returns, again and again, until disposal. */
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
      // A failed status request must not end the run.
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(show, screen.isLive ? DRAW_MS : screen.progressMs);
  if (screen.isLive) void show();
  return {
    [Symbol.dispose]() {
      over = true;
      clearInterval(timer);
      screen.endLive();
    },
  };
}
