import { LANES } from "@imagefleet/core/outcome";
import { PRICES } from "@imagefleet/core/prices";
import type { ConnectionOptions } from "../../connection/options.ts";
import { type MadeCost, type ViewsCost, viewsCost } from "../../delivery/cost.ts";
import { EXIT } from "../../exit-code.ts";
import { present } from "../../present.ts";
import { readRecipe } from "../../recipe/read.ts";
import { type Measured, measureSample } from "../../sample/measure.ts";
import type { Material } from "../../sample/sample.ts";
import { formatBytes, lasting, many, thousands, usd } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { outcomesText, tally } from "../../terminal/source-table.ts";
import { type Column, table } from "../../terminal/table.ts";
import { type Estimate, estimate } from "./cost.ts";
import { bytesAView, sampleMadeCost } from "./delivery-cost.ts";
import { type UploadsCost, uploadsCost } from "./uploads-cost.ts";

export interface EstimateOptions {
  readonly connection: ConnectionOptions;
  readonly json?: boolean | undefined;
  readonly recipe: string;
  readonly targets: readonly string[];
  readonly cwd: string;
  readonly sample: number;
  readonly functions: number;
  readonly tasks: number;
  /** Default: {@link HIT_RATIOS}. */
  readonly hitRatio?: number | undefined;
  /** Whether the cost of uploads, catalog and notifications is wanted. */
  readonly uploads?: boolean | undefined;
}

const HIT_RATIOS = [0.9, 0.99];

/** What viewers cost. */
interface DeliveryCost {
  readonly bytesAView: number;
  readonly views: readonly ViewsCost[];
  /** Undefined: the sample has no image whose renditions the function makes. */
  readonly made: MadeCost | undefined;
}

/** `imagefleet estimate`: estimates time and cost of the recipe from a sample. */
export async function estimateCommand(options: EstimateOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  using interrupt = onInterrupt(() => undefined);
  const sample = await measureSample(
    options.targets,
    { ...options, recipe },
    screen,
    interrupt.signal,
  );
  if (sample === undefined) return EXIT.interrupted;
  const { material, measured, rejected } = sample;
  const { functions, tasks } = options;
  const result = estimate(material, measured, { functions, tasks });
  const bytes = bytesAView(measured);
  const ratios = options.hitRatio === undefined ? HIT_RATIOS : [options.hitRatio];
  const delivery = {
    bytesAView: bytes,
    views: ratios.map((ratio) => viewsCost(bytes, ratio)),
    made: sampleMadeCost(measured),
  };
  const uploads = options.uploads ? uploadsCost(measured) : undefined;
  if (options.json) {
    screen.json(resultJson(material, measured, rejected, result, delivery, uploads));
  } else {
    const onRequest = recipe.presets.filter(({ when }) => when === "request").length;
    screen.report(
      ...resultText(material, measured, rejected, result, options, screen),
      "",
      ...deliveryText(delivery, onRequest, screen),
      ...(uploads === undefined ? [] : ["", ...uploadsText(uploads, screen)]),
    );
  }
  return EXIT.done;
}

function resultText(
  material: Material,
  measured: readonly Measured[],
  rejected: readonly string[],
  result: Estimate,
  { functions, tasks }: EstimateOptions,
  screen: Screen,
): string[] {
  const { paint } = screen;
  const { storeUsd, queueUsd, totalUsd, storageUsdAMonth, lanes } = result;
  const rows = LANES.map((lane) => ({ lane, ...lanes[lane] })).filter(({ images }) => images > 0);
  const consumers = { small: many(functions, "function"), large: many(tasks, "task") };
  const unmeasured = lanes.large.images > 0 && !measured.some(({ lane }) => lane === "large");
  const columns: Column<(typeof rows)[number]>[] = [
    { title: "lane", cell: ({ lane }) => lane },
    { title: "images", align: "right", cell: ({ images }) => thousands(images) },
    { title: "each", align: "right", cell: (row) => `${row.secondsAnImage.toFixed(2)} s` },
    { title: "total", align: "right", cell: ({ seconds }) => lasting(seconds) },
    { title: "cost", align: "right", cell: (row) => usd(row.usd) },
    { title: "with", cell: ({ lane }) => consumers[lane] },
  ];
  const total = `${many(material.sources, "source")}, ${formatBytes(material.bytes)}: ${usd(totalUsd)}`;
  const basis = `Measured with ${many(measured.length, "image")} on the CPU of this machine; another CPU may take half or twice as long. List prices of ${PRICES.region} on ${PRICES.date}, without free tier, CDN and transfer.`;
  const guess =
    "The sample contains no large image, so the large lane is a guess: increase --sample.";
  return present(
    [paint("bold", total), "", ...table(columns, rows, screen), ""],
    `S3 requests  ${usd(storeUsd)}`,
    `SQS          ${usd(queueUsd)}`,
    `renditions   ${formatBytes(result.bytesOut)}, ${usd(storageUsdAMonth)} per month of storage`,
    ["", paint("dim", basis)],
    rejected.length > 0 &&
      paint(
        "yellow",
        `${many(rejected.length, "image")} of the sample cannot be rendered: ${outcomesText(tally(rejected))}`,
      ),
    unmeasured && paint("yellow", guess),
  );
}

/** @param onRequest presets that are made on request */
function deliveryText(
  { bytesAView, views, made }: DeliveryCost,
  onRequest: number,
  screen: Screen,
): string[] {
  const { paint } = screen;
  const { free } = PRICES.cloudFront;
  const money = (title: string, of: (row: ViewsCost) => number): Column<ViewsCost> => {
    return { title, align: "right", cell: (row) => usd(of(row)) };
  };
  const columns: Column<ViewsCost>[] = [
    {
      title: "hits",
      align: "right",
      cell: (row) => `${Number((100 * row.hitRatio).toFixed(2))} %`,
    },
    money("transfer", (row) => row.transferUsd),
    money("requests", (row) => row.requestsUsd),
    money("edge functions", (row) => row.functionsUsd),
    money("S3", (row) => row.s3Usd),
    money("total", (row) => row.totalUsd),
  ];
  const basis = `Of ${formatBytes(bytesAView)}, the mean of all renditions, to North America and Europe, at the list prices of CloudFront. Free each month: ${thousands(free.gib)} GiB, ${thousands(free.requests)} requests and ${thousands(free.functionRuns)} runs of functions.`;
  const apart = `${many(onRequest, "rendition")} of each source ${onRequest === 1 ? "is" : "are"} made on request, and not part of the sum above.`;
  return present(
    paint("bold", "A million views"),
    ["", ...table(columns, views, screen), "", paint("dim", basis)],
    made !== undefined && [
      "",
      paint("bold", `A million renditions made on request: ${usd(made.totalUsd)}`),
      "",
      `Lambda       ${usd(made.lambdaUsd)}, ${made.secondsEach.toFixed(2)} s each`,
      `S3 requests  ${usd(made.s3Usd)}`,
      `SQS          ${usd(made.sqsUsd)}`,
    ],
    onRequest > 0 && ["", apart],
  );
}

function uploadsText(
  { itemBytes, polls, apiUsd, tableUsd, catalogUsd, totalUsd }: UploadsCost,
  { paint }: Screen,
): string[] {
  return [
    paint("bold", `A million uploads, besides their renditions: ${usd(totalUsd)}`),
    "",
    `API          ${usd(apiUsd)}`,
    `table        ${usd(tableUsd)}`,
    `catalog      ${usd(catalogUsd)}, with a notification for each`,
    "",
    paint(
      "dim",
      `By the requests at full batches: an item of ${formatBytes(itemBytes)}, and a client that asks ${many(polls, "time")} whether its image is ready.`,
    ),
  ];
}

function resultJson(
  material: Material,
  measured: readonly Measured[],
  rejected: readonly string[],
  result: Estimate,
  { made, ...delivery }: DeliveryCost,
  uploads: UploadsCost | undefined,
): unknown {
  return {
    version: 1,
    ...material,
    sample: { measured: measured.length, rejected: tally(rejected) },
    ...result,
    delivery: { ...delivery, made: made ?? null },
    uploads: uploads ?? null,
    prices: { region: PRICES.region, date: PRICES.date },
  };
}
