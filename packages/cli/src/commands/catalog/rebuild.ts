import { rebuild } from "@imagefleet/core/catalog";
import { EXIT } from "../../exit-code.ts";
import { InFlight } from "../../in-flight.ts";
import { limitHeap } from "../../limit-heap.ts";
import { present } from "../../present.ts";
import { formatMs, many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { AT_ONCE, type CatalogOptions, type OpenCatalog, openCatalog } from "./open.ts";

interface Rebuilt {
  /** Manifests and tombstones that were read. */
  manifests: number;
  /** Items that were not as their manifests say. */
  written: number;
  /** Manifests that the fleet cannot read: their sources are to be rendered again. */
  unreadable: number;
}

/** `imagefleet catalog rebuild`: writes the items that are not as their manifests say. */
export async function rebuildCatalog(options: CatalogOptions, screen: Screen): Promise<number> {
  limitHeap();
  using catalog = await openCatalog(options);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const result: Rebuilt = { manifests: 0, written: 0, unreadable: 0 };
  const began = performance.now();
  {
    using _progress = showRepeatedly(screen, () => [
      `${many(result.manifests, "manifest")} read, ${many(result.written, "item")} written`,
    ]);
    await rebuildAll(catalog, result, signal);
  }
  const ms = performance.now() - began;
  const interrupted = signal.aborted;
  if (options.json) {
    screen.json({ version: 1, ...result, seconds: Math.round(ms) / 1000, interrupted });
  } else screen.report(...resultText(result, ms, catalog.where, interrupted, screen));
  if (interrupted) return EXIT.interrupted;
  return result.unreadable > 0 ? EXIT.deadLetters : EXIT.done;
}

async function rebuildAll(
  catalog: OpenCatalog,
  result: Rebuilt,
  signal: AbortSignal,
): Promise<void> {
  const { names, table } = catalog;
  // An item is written whole: one that was started is finished after Ctrl-C.
  const never = new AbortController().signal;
  const reading = new InFlight(AT_ONCE);
  for await (const source of catalog.sources()) {
    if (signal.aborted) break;
    await reading.add(async () => {
      const stored = await catalog.stored(source);
      // The manifest was removed after it was listed.
      if (stored === undefined) return;
      const version = stored.manifest ?? stored.tombstone;
      result.manifests++;
      if (version === undefined) result.unreadable++;
      else if (await rebuild(version, { table, now: Date.now(), ...names }, never)) {
        result.written++;
      }
    });
  }
  await reading.done();
}

function resultText(
  { manifests, written, unreadable }: Rebuilt,
  ms: number,
  where: string,
  interrupted: boolean,
  { paint, command }: Screen,
): string[] {
  const text = `${many(written, "item")} written in ${formatMs(ms)} by ${many(manifests, "manifest")}, at ${where}`;
  return present(
    paint(interrupted ? ["bold", "yellow"] : "bold", interrupted ? `Interrupted: ${text}` : text),
    unreadable > 0 &&
      paint(
        "yellow",
        `${thousands(unreadable)} of the manifests cannot be read: run audit --repair, which has them written again.`,
      ),
    interrupted && ["", "Next:", `  ${command("catalog rebuild")}`],
  );
}
