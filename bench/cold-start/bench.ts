import { ENCODER } from "@imagefleet/core/image";
import { type BenchOptions, finish } from "../finish.ts";
import { describeMachine } from "../measure/machine.ts";
import { bundles } from "./bundles.ts";
import { type ColdSide, figuresOf } from "./figures.ts";
import { type ColdResult, coldBaseline, coldTable } from "./report.ts";
import { type Start, startOf } from "./start.ts";

export interface ColdBenchOptions extends BenchOptions {
  readonly rounds: number;
}

/**
 * The function's cold start, import to ready in a fresh process, beside importing the packages that
 * it cannot do without: as one bundle, as it is deployed, and as the files stand here.
 */
export async function coldBench(options: ColdBenchOptions): Promise<void> {
  const { rounds, say, signal } = options;
  const machine = describeMachine();
  say("bundling …");
  const built = await bundles();
  const contestants: Readonly<Record<ColdSide, readonly string[]>> = {
    function: [built.function],
    bare: [built.bare],
    functionFiles: [import.meta.resolve("@imagefleet/lambda/consume/handler")],
    bareFiles: ["sharp", "@aws-sdk/client-s3", "@aws-sdk/client-sqs"].map((name) =>
      import.meta.resolve(name),
    ),
    nothing: [],
  };
  const found: Record<ColdSide, Start[]> = {
    function: [],
    bare: [],
    functionFiles: [],
    bareFiles: [],
    nothing: [],
  };
  const order: ColdSide[] = ["function", "bare", "functionFiles", "bareFiles", "nothing"];
  // Not counted: the disk's cache gets warm.
  for (const side of order) await startOf(contestants[side]);
  say(`${rounds} rounds …`);
  for (let round = 0; round < rounds; round++) {
    for (const side of order) {
      signal.throwIfAborted();
      found[side].push(await startOf(contestants[side]));
    }
    order.push(...order.splice(0, 1));
  }
  const result: ColdResult = {
    bench: "cold",
    rounds,
    ...figuresOf(found),
    bundleBytes: built.functionBytes,
    machine,
  };
  await finish(
    {
      result,
      baseline: coldBaseline(result, `${ENCODER}, bundles of cold-2`),
      table: (earlier) => coldTable(result, earlier),
    },
    options,
  );
}
