import { createSqs } from "@imagefleet/core/aws";
import { notificationSchema } from "@imagefleet/core/catalog";
import { Queue } from "@imagefleet/core/queue";
import { startFleet } from "@imagefleet/local/fleet";
import { REGION } from "@imagefleet/local/resources";
import sharp from "sharp";
import * as v from "valibot";
import { p95 } from "../backfill/figures.ts";
import { RECIPE, runFolder } from "../data.ts";
import { median } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";

/** The bars of p95, ms. */
const READY_MS = 2_000;
const SIGNED_MS = 200;

const PHOTO = { width: 4000, height: 3000 };
/** Each function starts once, and a photo shows the codec to the JIT. */
const WARM_UP = 3;

const startedSchema = v.object({
  key: v.string(),
  url: v.string(),
  fields: v.record(v.string(), v.string()),
});

/**
 * What a user waits for: a signed form, and the notification that a photo of 12 megapixels is ready,
 * from the request of its form, one upload after another on the fleet of `npm start`.
 */
export const uploads = defineBench<{ forms: number; photos: number }>(
  "uploads",
  async ({ forms, photos }, { say, signal }) => {
    await using run = await runFolder();
    const dataDir = run.path;
    const fleet = await startFleet({ dataDir, port: 0, recipe: RECIPE, catalog: true });
    try {
      fleet.onNotice(say);
      const { catalog, endpoint, credentials } = fleet;
      if (catalog === undefined) throw new Error("the fleet has no catalog");
      const token = await catalog.api.developmentToken("bench");
      const photo = await photoOf();
      const sqs = createSqs({ region: REGION, endpoint, credentials });
      const events = new Queue(sqs, catalog.events);
      const sign = async () => {
        const response = await fetch(`${catalog.api.url}/uploads`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify({ contentType: "image/jpeg", bytes: photo.size }),
          signal,
        });
        return v.parse(startedSchema, await response.json());
      };
      const ready = async () => {
        const { key, url, fields } = await sign();
        const form = new FormData();
        for (const [name, value] of Object.entries(fields)) form.append(name, value);
        form.append("file", photo);
        const { status } = await fetch(url, { method: "POST", body: form, signal });
        if (status !== 201) throw new Error(`S3 has answered ${status}`);
        await notified(events, key, signal);
      };
      for (let at = 0; at < WARM_UP; at++) await ready();
      say(`${forms} signed forms …`);
      const signed = percentiles(await timesOf(forms, sign));
      say(`${photos} photos of ${Math.round(photo.size / 1000)} kB …`);
      const shown = percentiles(await timesOf(photos, ready));
      sqs.destroy();
      return {
        title: `uploads: ${forms} signed forms, ${photos} photos of 12 megapixels`,
        tables: () => [
          {
            columns: ["time", "p50 ms", "p95 ms"],
            rows: [
              ["until a form is signed", signed.p50.toFixed(0), signed.p95.toFixed(0)],
              ["until its photo is ready", shown.p50.toFixed(0), shown.p95.toFixed(0)],
            ],
          },
        ],
        bars: [
          { what: "p95 of a signed form", is: signed.p95, most: SIGNED_MS, unit: "ms" },
          { what: "p95 until a photo is ready", is: shown.p95, most: READY_MS, unit: "ms" },
        ],
        ratios: {},
        figures: { "signed p95 ms": signed.p95, "ready p95 ms": shown.p95 },
        setup: `${forms} forms, ${photos} photos`,
        result: { signed, shown },
      };
    } finally {
      await fleet.stop();
    }
  },
);

function percentiles(times: readonly number[]) {
  return { p50: median(times), p95: p95(times) };
}

async function timesOf(count: number, act: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < count; at++) {
    const from = performance.now();
    await act();
    times.push(performance.now() - from);
  }
  return times;
}

/** Resolves when the queue of notifications has the one that an image is ready. */
async function notified(events: Queue, key: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    for (const message of await events.receive({ waitSeconds: 20 })) {
      await events.delete(message);
      const { type, key: about } = v.parse(notificationSchema, JSON.parse(message.body));
      if (about === key && type === "image.ready") return;
    }
  }
}

/** A photo of some megabytes: a gradient with grain. */
async function photoOf(): Promise<Blob> {
  const { width, height } = PHOTO;
  const noise = { type: "gaussian", mean: 128, sigma: 12 } as const;
  const grain = sharp({ create: { width, height, channels: 3, background: "#369", noise } });
  return new Blob([Uint8Array.from(await grain.blur(1).jpeg({ quality: 85 }).toBuffer())]);
}
