import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { RATES } from "../../connection/data-folder.ts";
import { writeWhole } from "../../files/output/staged-file.ts";

const ratesSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.record(v.string(), v.object({ perSecond: v.number(), at: v.number() })),
);

/** A rate of an earlier run, images/s, and when it was measured, ms since the epoch. */
export interface MeasuredRate {
  readonly perSecond: number;
  readonly at: number;
}

/** From fewer, a rate is a guess. */
export const ENOUGH_JOBS = 100;

/** What fleets did in earlier runs, remembered on this machine. */
export async function measuredRate(data: string, where: string): Promise<MeasuredRate | undefined> {
  return (await read(data))[where];
}

/** A rate that cannot be remembered is no fault: the next run only forecasts less. */
export async function rememberRate(data: string, where: string, rate: MeasuredRate): Promise<void> {
  const rates = { ...(await read(data)), [where]: rate };
  await writeWhole(fileOf(data), Buffer.from(`${JSON.stringify(rates)}\n`)).catch(() => undefined);
}

async function read(data: string): Promise<Record<string, MeasuredRate>> {
  const text = await readFile(fileOf(data), "utf8").catch(() => "");
  const parsed = v.safeParse(ratesSchema, text);
  return parsed.success ? parsed.output : {};
}

function fileOf(data: string): string {
  return join(data, RATES);
}
