import { mkdir } from "node:fs/promises";
import { ENCODER } from "@imagefleet/core/image";
import { PRICES } from "@imagefleet/core/prices";
import { startSandbox } from "@imagefleet/local/sandbox";
import { DATA } from "../data.ts";
import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import { accountOf } from "./account.ts";
import { photosFor } from "./photos.ts";
import {
  type Priced,
  type PriceResult,
  priceBaseline,
  priceMarkdown,
  priceTable,
} from "./report.ts";
import { countWork } from "./run.ts";
import { WORKS } from "./works.ts";

/** Longer than any batch, s: nothing is received here twice. */
const VISIBILITY = { small: 3600, large: 3600 };

export interface PriceBenchOptions extends BenchOptions {
  readonly batches: number;
  /** The table as it stands in docs/deploy.md. */
  readonly markdown: boolean;
}

/**
 * What a million images cost on AWS: CPU time and requests of the function that ships, measured and
 * counted on full batches, at list prices.
 */
export async function priceBench(options: PriceBenchOptions): Promise<void> {
  const { batches, say, signal, markdown } = options;
  const machine = describeMachine();
  await mkdir(DATA, { recursive: true });
  const works: Priced[] = [];
  for (const work of WORKS) {
    signal.throwIfAborted();
    const photos = await photosFor(work, DATA, say);
    say(`${work.name}: ${batches} batches …`);
    const sandbox = await startSandbox(VISIBILITY);
    try {
      const counted = await countWork(work, photos, batches, sandbox);
      works.push({ work, counted, account: accountOf(counted) });
    } finally {
      await sandbox.close();
    }
  }
  const result: PriceResult = { bench: "price", works, machine };
  const text = priceMarkdown(result, new Date().toISOString().slice(0, 10));
  await finish(
    {
      result,
      baseline: priceBaseline(result, `${ENCODER}, prices of ${PRICES.date}`),
      table: (earlier) => `${priceTable(result, earlier)}${markdown ? `\n\n${text}\n` : ""}`,
    },
    options,
  );
}
