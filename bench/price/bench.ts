import { ENCODER } from "@imagefleet/core/image";
import { PRICES } from "@imagefleet/core/prices";
import { startSandbox } from "@imagefleet/local/sandbox";
import { defineBench } from "../runner.ts";
import { accountOf } from "./account.ts";
import { cpuMs, dollars, MILLION, type Priced, priceMarkdown } from "./markdown.ts";
import { photosFor } from "./photos.ts";
import { countWork } from "./run.ts";
import { WORKS } from "./works.ts";

/** Longer than any batch, s: no message is received twice. */
const VISIBILITY = { small: 3600, large: 3600 };

/**
 * The cost of a million images on AWS: CPU time and requests of the shipped function, measured on full
 * batches, at list prices.
 */
export const price = defineBench<{ batches: number; markdown?: true | undefined }>(
  "price",
  async ({ batches, markdown }, { machine, say, signal }) => {
    const works: Priced[] = [];
    for (const work of WORKS) {
      signal.throwIfAborted();
      const photos = await photosFor(work, say);
      say(`${work.name}: ${batches} batches …`);
      const sandbox = await startSandbox(VISIBILITY);
      try {
        const counted = await countWork(work, photos, batches, sandbox);
        works.push({ work, counted, account: accountOf(counted) });
      } finally {
        await sandbox.close();
      }
    }
    return {
      title: "price: the shipped function, full batches",
      tables: (was) => [
        {
          columns: ["workload", "USD per million images", "baseline", "CPU ms per image"],
          rows: works.map(({ work, counted, account }) => [
            work.name,
            dollars(account.total * MILLION),
            was(`usd a million, ${work.name}`, 2),
            cpuMs(counted).toFixed(0),
          ]),
        },
      ],
      ...(markdown && { remarks: [...priceMarkdown(works, machine), ""] }),
      bars: works.flatMap(({ work: { name, barUsd }, account }) =>
        barUsd === undefined
          ? []
          : [
              {
                what: `${name}, per million images`,
                is: account.total * MILLION,
                most: barUsd * MILLION,
                unit: " USD",
              },
            ],
      ),
      // Costs depend on the machine and are not compared.
      ratios: {},
      figures: Object.fromEntries(
        works.flatMap(({ work, counted, account }) => [
          [`usd a million, ${work.name}`, Math.round(account.total * MILLION * 100) / 100],
          [`cpu ms, ${work.name}`, Math.round(cpuMs(counted))],
        ]),
      ),
      setup: `${ENCODER}, prices of ${PRICES.date}`,
      result: { works },
    };
  },
);
