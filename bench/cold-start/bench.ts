import { ENCODER } from "@imagefleet/core/image";
import { defineBench } from "../runner.ts";
import { bundles } from "./bundles.ts";
import { CONTESTANTS, type Contestant, figuresOf, NAMES } from "./figures.ts";
import { measureStarts } from "./starts.ts";

/**
 * The function's cold start, from import until ready in a fresh process, compared with the import of
 * the packages that it needs: as one bundle, as it is deployed, and from the source files.
 */
export const coldStart = defineBench<{ rounds: number }>(
  "cold-start",
  async ({ rounds }, { say, signal }) => {
    say("bundling …");
    const built = await bundles();
    const files = ["sharp", "@aws-sdk/client-s3", "@aws-sdk/client-sqs"];
    const modules = new Map<Contestant, readonly string[]>([
      ["function", [built.function]],
      ["deliver", [built.deliver]],
      ["bare", [built.bare]],
      ["functionFiles", [import.meta.resolve("@imagefleet/lambda/consume/handler")]],
      ["bareFiles", files.map((name) => import.meta.resolve(name))],
      ["nothing", []],
    ]);
    say(`${rounds} rounds …`);
    const starts = await measureStarts(modules, rounds, signal);
    const { bars, ...figures } = figuresOf(starts);
    const { wallMs, cpuMs, ratio, deliverRatio, filesRatio } = figures;
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
      ratios: {
        "function / bare": ratio,
        "deliver / function": deliverRatio,
        "function / bare, as files stand": filesRatio,
      },
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
