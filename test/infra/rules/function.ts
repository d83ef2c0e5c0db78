import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { all, at, listAt, numberAt, textAt, texts } from "../read.ts";
import type { Rule } from "./rule.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** A mapping's queue hides a batch until the function, with all its tries, must have ended. */
export const visibilityTimeoutCoversTheFunction: Rule = (graph) =>
  all(graph, "lambda/eventSourceMapping:EventSourceMapping").flatMap(({ name, inputs }) => {
    const queue = all(graph, "sqs/queue:Queue").find((each) =>
      textAt(inputs, "eventSourceArn").endsWith(`:${textAt(each.inputs, "name")}`),
    );
    const fn = all(graph, "lambda/function:Function").find((each) =>
      textAt(inputs, "functionName").endsWith(`:${textAt(each.inputs, "name")}`),
    );
    const visibility = numberAt(queue?.inputs, "visibilityTimeoutSeconds");
    const timeout = numberAt(fn?.inputs, "timeout");
    const window = numberAt(inputs, "maximumBatchingWindowInSeconds");
    return visibility >= 6 * timeout && visibility > timeout + window
      ? []
      : [`${name}: visibility ${visibility} s is under six times the timeout, ${timeout} s`];
  });

export const batchesAreAnsweredInPart: Rule = (graph) =>
  all(graph, "lambda/eventSourceMapping:EventSourceMapping")
    .filter(
      ({ inputs }) =>
        !texts(at(inputs, "functionResponseTypes")).includes("ReportBatchItemFailures"),
    )
    .map(({ name }) => `${name} does not report batch item failures: one bad picture fails ten`);

/**
 * What throttles by reserved concurrency counts as received, and kills messages. A mapping has a maximum
 * or pollers, each within its limits.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const theMappingLimitsConcurrency: Rule = (graph) => [
  ...all(graph, "lambda/function:Function")
    .filter(({ name }) => name === "ConsumeFunction")
    .filter(({ inputs }) => inputs["reservedConcurrentExecutions"] !== undefined)
    .map(({ name }) => `${name} reserves concurrency`),
  ...all(graph, "lambda/eventSourceMapping:EventSourceMapping").flatMap(({ name, inputs }) => {
    const hasMaximum = numberAt(inputs, "scalingConfig.maximumConcurrency") >= 2;
    if (at(inputs, "provisionedPollerConfig") === undefined) {
      return hasMaximum ? [] : [`${name} has no maximum concurrency`];
    }
    const min = numberAt(inputs, "provisionedPollerConfig.minimumPollers");
    const max = numberAt(inputs, "provisionedPollerConfig.maximumPollers");
    return [
      ...(min >= 2 && min <= max ? [] : [`${name} has pollers from ${min} to ${max}`]),
      ...(hasMaximum ? [`${name} has pollers and a maximum concurrency`] : []),
    ];
  }),
];

/** They render nothing: a small package starts soon. */
function rendersNothing({ id }: { readonly id: string }): boolean {
  return ["Invalidate", "Projector", "Upload"].includes(id);
}

export const whatRendersNothingBringsNoCodec: Rule = (graph) =>
  graph.functions
    .filter(rendersNothing)
    .filter(({ properties, copyFiles }) => {
      const files = listAt({ copyFiles }, "copyFiles").map((each) => textAt(each, "to"));
      return at(properties, "install") !== undefined || files.join() !== "recipe.mjs";
    })
    .map(({ id }) => `${id} brings more than its bundle and the recipe`);

/** In `sst dev` the function is SST's bridge, and the code runs on the person's machine. */
export const sharpFitsTheArchitecture: Rule = (graph) => {
  const version = lockedVersion("sharp");
  return graph.functions.flatMap(({ id, properties }) => {
    if (graph.dev || rendersNothing({ id })) return [];
    const fn = all(graph, "lambda/function:Function").find(({ name }) => name.startsWith(id));
    const architecture = textAt(fn?.inputs, "architectures.0");
    return [
      ...(architecture === "arm64" ? [] : [`${id} is for ${architecture}, not arm64`]),
      ...(textAt(properties, "architecture") === architecture
        ? []
        : [
            `${id} is bundled for ${textAt(properties, "architecture")}, and runs on ${architecture}`,
          ]),
      ...(textAt(properties, "install.sharp") === version
        ? []
        : [`${id} brings sharp ${textAt(properties, "install.sharp")}, the lockfile ${version}`]),
    ];
  });
};

export const theTranscodeThreadIsBesideTheFunction: Rule = (graph) =>
  graph.functions
    .filter((each) => !rendersNothing(each))
    .filter(({ copyFiles }) => textAt(copyFiles, "0.to") !== "transcode-thread.mjs")
    .map(({ id }) => `${id} has no transcode-thread.mjs beside its bundle`);

export const everyHandlerExists: Rule = (graph) =>
  graph.functions.flatMap(({ id, handler }) => {
    const [, path = "", name = ""] = /^(.*)\.(\w+)$/.exec(handler) ?? [];
    const file = join(ROOT, `${path}.ts`);
    if (!existsSync(file)) return [`${id}: ${path}.ts is not there`];
    const exported = new RegExp(`^export (async )?(function|const) ${name}\\b`, "m");
    return exported.test(readFileSync(file, "utf8"))
      ? []
      : [`${id}: ${path}.ts exports no ${name}`];
  });

function lockedVersion(name: string): string {
  const lock = readFileSync(join(ROOT, "pnpm-lock.yaml"), "utf8");
  return new RegExp(`^  ${name}@([\\d.]+):$`, "m").exec(lock)?.[1] ?? "none";
}
