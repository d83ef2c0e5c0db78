import { EXIT } from "../../exit-code.ts";
import { InFlight } from "../../in-flight.ts";
import { limitHeap } from "../../limit-heap.ts";
import { present } from "../../present.ts";
import { formatMs, many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { printable } from "../../terminal/printable.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import {
  CATALOG_FINDING_KINDS,
  type CatalogFinding,
  type CatalogFindingKind,
  compare,
} from "./compare.ts";
import { AT_ONCE, type CatalogOptions, type OpenCatalog, openCatalog } from "./open.ts";

interface CheckOptions extends CatalogOptions {
  /** The most findings that are printed. */
  readonly limit: number;
}

interface Checked {
  items: number;
  manifests: number;
  readonly findings: Record<CatalogFindingKind, number>;
}

/** `imagefleet catalog check`: finds the items that are not as their manifests say. */
export async function checkCatalog(options: CheckOptions, screen: Screen): Promise<number> {
  limitHeap();
  using catalog = await openCatalog(options);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const result: Checked = {
    items: 0,
    manifests: 0,
    findings: { differs: 0, missing: 0, "no-manifest": 0 },
  };
  let found = 0;
  const report = (finding: CatalogFinding | undefined) => {
    if (finding === undefined) return;
    found++;
    result.findings[finding.kind]++;
    if (options.json) screen.json({ version: 1, ...finding });
    else if (found <= options.limit) screen.report(findingText(finding, screen.paint));
  };
  const began = performance.now();
  {
    using _progress = showRepeatedly(screen, () => [
      `${many(result.items, "item")} compared, ${many(result.manifests, "manifest")} listed, ${many(found, "difference")}`,
    ]);
    await compareAll(catalog, result, report, signal);
  }
  if (signal.aborted) {
    screen.note(`Interrupted after ${many(result.items, "item")}: a partial check has no result`);
    return EXIT.interrupted;
  }
  const ms = performance.now() - began;
  if (options.json) {
    const seconds = Math.round(ms) / 1000;
    screen.json({ version: 1, kind: "summary", isEqual: found === 0, ...result, seconds });
  } else {
    const left = Math.max(0, found - options.limit);
    screen.report(...resultText(result, left, ms, catalog.where, screen));
  }
  return found > 0 ? EXIT.deadLetters : EXIT.done;
}

/**
 * Reads every item with its manifest; then only asks whether each manifest has an item. So neither is
 * read twice, and nothing is kept in memory.
 */
async function compareAll(
  catalog: OpenCatalog,
  result: Checked,
  report: (finding: CatalogFinding | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const reading = new InFlight(AT_ONCE);
  for await (const item of catalog.items()) {
    if (signal.aborted) break;
    await reading.add(async () => {
      report(await compare(item.key, catalog, item));
      result.items++;
    });
  }
  await reading.done();
  for await (const source of catalog.sources()) {
    if (signal.aborted) break;
    await reading.add(async () => {
      result.manifests++;
      if ((await catalog.item(source)) === undefined) report(await compare(source, catalog));
    });
  }
  await reading.done();
}

function findingText(finding: CatalogFinding, paint: Screen["paint"]): string {
  const detail =
    finding.kind === "differs"
      ? `: ${finding.fields.join(", ")}`
      : finding.kind === "no-manifest"
        ? `: ${finding.status}`
        : "";
  return `${paint("red", finding.kind.padEnd(WIDEST))}  ${printable(finding.key)}${detail}`;
}

const WIDEST = 11;

const MEANINGS: Readonly<Record<CatalogFindingKind, string>> = {
  differs: "items that are not as their manifest says",
  missing: "manifests without an item",
  "no-manifest": "items of images that have no manifest",
};

function resultText(
  { items, manifests, findings }: Checked,
  left: number,
  ms: number,
  where: string,
  { paint, command }: Screen,
): string[] {
  const kinds = CATALOG_FINDING_KINDS.filter((kind) => findings[kind] > 0);
  const isEqual = kinds.length === 0;
  const headline = isEqual ? "The table matches the manifests" : "The table differs";
  const steps = [
    ...(findings.differs + findings.missing > 0 ? [command("catalog rebuild")] : []),
    // A job for the source writes its manifest, or reports that there is no source.
    ...(findings["no-manifest"] > 0
      ? [
          `${command("catalog check --json")} | jq -c 'select(.kind=="no-manifest") | {key}' > keys.ndjson`,
          command("reprocess --from keys.ndjson"),
        ]
      : []),
  ];
  return present(
    left > 0 && paint("dim", `… and ${thousands(left)} more: set --limit, or --json for all`),
    paint(
      ["bold", isEqual ? "green" : "red"],
      `${headline}: ${many(items, "item")}, ${many(manifests, "manifest")}, in ${formatMs(ms)}, at ${where}`,
    ),
    kinds.map(
      (kind) =>
        `${thousands(findings[kind]).padStart(9)}  ${kind.padEnd(WIDEST)}  ${MEANINGS[kind]}`,
    ),
    steps.length > 0 && ["", "Next:", ...steps.map((step) => `  ${step}`)],
  );
}
