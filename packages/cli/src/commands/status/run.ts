import { setTimeout as pause } from "node:timers/promises";
import { connect } from "../../connection/connect.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { EXIT } from "../../exit-code.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { isMoving, type Status, Watcher } from "./snapshot.ts";
import { statusJson, statusLine, statusText } from "./text.ts";

export interface StatusOptions {
  readonly connection: ConnectionOptions;
  readonly json?: boolean | undefined;
  readonly watch?: boolean | undefined;
  /** The time between updates, s. */
  readonly every: number;
  readonly leaseSeconds: number;
}

/** The time between the two snapshots of a trend, ms. */
const TREND_MS = 1_000;

/** `imagefleet status`: lanes, their trend, dead letters by reason; once, or until Ctrl-C. */
export async function status(options: StatusOptions, screen: Screen): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const wait = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);
  const watcher = new Watcher(connection, { leaseSeconds: options.leaseSeconds, signal });
  const { where } = connection;
  if (!options.watch) {
    let current = await watcher.snapshot();
    if (isMoving(current)) {
      await wait(TREND_MS);
      current = await watcher.snapshot();
    }
    printWarning(watcher, screen);
    if (options.json) screen.json(statusJson(current));
    else screen.report(...statusText(current, where, screen));
    return signal.aborted ? EXIT.interrupted : EXIT.done;
  }
  const live = (seen: Status) => {
    const { tint: paint, command, liveWidth: width } = screen;
    return statusText(seen, where, { paint, command, width });
  };
  let last: Status | undefined;
  while (!signal.aborted) {
    const at = Date.now();
    try {
      last = await watcher.snapshot();
      if (options.json) screen.json(statusJson(last));
      else if (screen.isLive) screen.live(live(last));
      else screen.report(statusLine(last));
    } catch (error) {
      if (signal.aborted) break;
      // A fleet that has never answered may not exist; one that has may answer again.
      if (last === undefined) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const text = screen.tint("yellow", `! The update failed: ${message}`);
      if (options.json) screen.json({ version: 1, at: new Date(at).toISOString(), error: message });
      else if (screen.isLive) screen.live([...live(last), "", text]);
      else screen.note(text);
    }
    await wait(options.every * 1000);
  }
  screen.endLive();
  printWarning(watcher, screen);
  // The last update stays on the screen. Ctrl-C is the normal end of --watch.
  if (last && screen.isLive && !options.json) {
    screen.report(...statusText(last, where, screen));
  }
  return EXIT.done;
}

function printWarning({ warning }: Watcher, screen: Screen): void {
  if (warning !== undefined) screen.warn(warning);
}
