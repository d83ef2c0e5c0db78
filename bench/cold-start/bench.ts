import { fileURLToPath } from "node:url";
import { ENCODER } from "@imagefleet/core/image";
import * as v from "valibot";
import { runChild } from "../measure/child.ts";
import { defineBench } from "../runner.ts";
import { bundles } from "./bundles.ts";
import { CONTESTANTS, type Contestant, figuresOf, NAMES, type Start } from "./figures.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** The environment of the function. Nothing in it is called during the start. */
const ENVIRONMENT = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "2048",
  IMAGEFLEET_RENDITION_BUCKET: "renditions",
  IMAGEFLEET_SMALL_QUEUE_URL: "http://127.0.0.1:9/small",
  IMAGEFLEET_SMALL_DLQ_URL: "http://127.0.0.1:9/small-dlq",
  IMAGEFLEET_LARGE_QUEUE_URL: "http://127.0.0.1:9/large",
};

const startSchema = v.object({ wallMs: v.number(), cpuMs: v.number() });

/**
 * The function's cold start, from import until ready in a fresh process, compared with the import of
 * the packages that it needs: as one bundle, as it is deployed, and from the source files.
 */
export const coldStart = defineBench<{ rounds: number }>(
  "cold-start",
  async ({ rounds }, { say, signal }) => {
    say("bundling …");
    const built = await bundles();
    const modules: Readonly<Record<Contestant, readonly string[]>> = {
      function: [built.function],
      bare: [built.bare],
      functionFiles: [import.meta.resolve("@imagefleet/lambda/consume/handler")],
      bareFiles: ["sharp", "@aws-sdk/client-s3", "@aws-sdk/client-sqs"].map((name) =>
        import.meta.resolve(name),
      ),
      nothing: [],
    };
    const start = (name: Contestant): Promise<Start> =>
      runChild([CHILD, ...modules[name]], startSchema, { env: ENVIRONMENT, signal });
    const starts: Record<Contestant, Start[]> = {
      function: [],
      bare: [],
      functionFiles: [],
      bareFiles: [],
      nothing: [],
    };
    const order: Contestant[] = [...NAMES];
    // Not counted: this warms the disk cache.
    for (const name of order) await start(name);
    say(`${rounds} rounds …`);
    for (let round = 0; round < rounds; round++) {
      for (const name of order) starts[name].push(await start(name));
      order.push(...order.splice(0, 1));
    }
    const { bars, ...figures } = figuresOf(starts);
    const { wallMs, cpuMs, ratio, filesRatio } = figures;
    return {
      title: `cold-start: import until ready in a fresh process, medians of ${rounds} rounds`,
      notes: [`the start reads ${(built.functionBytes / 1024).toFixed(0)} KiB of the bundle`],
      tables: (was) => [
        {
          texts: 2,
          columns: ["", "", "wall ms", "CPU ms", "baseline"],
          rows: NAMES.map((name) => [
            name,
            CONTESTANTS[name],
            wallMs[name].toFixed(0),
            cpuMs[name].toFixed(0),
            was(`wall ${name}`, 0),
          ]),
        },
      ],
      remarks: [`function / bare, CPU, from files = ${filesRatio.toFixed(2)}`],
      bars,
      ratios: { "function / bare": ratio, "function / bare, as files stand": filesRatio },
      figures: Object.fromEntries(
        NAMES.flatMap((name) => [
          [`wall ${name}`, wallMs[name]],
          [`cpu ${name}`, cpuMs[name]],
        ]),
      ),
      setup: `${ENCODER}, bundles of cold-2`,
      result: { rounds, ...figures, bundleBytes: built.functionBytes },
    };
  },
);
