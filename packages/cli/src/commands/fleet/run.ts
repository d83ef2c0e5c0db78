import { CODEC_VERSIONS, ENCODER } from "@imagefleet/core/image";
import { LANES } from "@imagefleet/core/outcome";
import { type Recipe, recipeFingerprint } from "@imagefleet/core/recipe";
import * as v from "valibot";
import { apiOf } from "../../connection/api.ts";
import { type Connection, connect } from "../../connection/connect.ts";
import { runningFleet } from "../../connection/data-folder.ts";
import { readConnectionEnv } from "../../connection/env.ts";
import { namesOf, RESOURCE_NAMES, type Resource } from "../../connection/names.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { type QueueFacts, queueFacts } from "../../connection/queue-facts.ts";
import { targetOf } from "../../connection/target.ts";
import { deliveryOf } from "../../delivery/delivery.ts";
import { EXIT } from "../../exit-code.ts";
import { readRecipe } from "../../recipe/read.ts";
import { lasting } from "../../terminal/format.ts";
import { printable } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { table } from "../../terminal/table.ts";
import { type Link, linksOf } from "./links.ts";

export interface FleetOptions {
  readonly connection: ConnectionOptions;
  readonly recipe: string;
  /** Of this program. */
  readonly version: string;
  readonly json?: boolean | undefined;
}

/** A resource and the flag, the variable or the link that named it. */
interface FoundResource {
  readonly name: Resource;
  readonly value: string;
  readonly by: string;
}

/** Unknown values are null, times are in s. */
interface QueueSettings {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly visibilitySeconds: number | null;
  readonly retentionSeconds: number | null;
  /** The number of receives before a message is a dead letter; null in a dead-letter queue. */
  readonly maxReceives: number | null;
  readonly encryption: "sqs" | "kms" | "none";
}

interface FleetFacts {
  readonly where: string;
  readonly isLocal: boolean;
  readonly recipe: Recipe;
  readonly fingerprint: string;
  readonly resources: readonly FoundResource[];
  readonly queues: Readonly<Record<string, QueueSettings>>;
  readonly links: readonly Link[];
  readonly edge: string | null;
  readonly api: string | null;
  readonly warnings: readonly string[];
}

/** `imagefleet fleet`: what the fleet is, by its names and settings. It only reads. */
export async function fleet(options: FleetOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  using connection = await connect(options.connection);
  const facts = await factsOf(options, recipe, connection);
  if (options.json) screen.json(factsJson(facts, options));
  else report(facts, options, screen);
  return EXIT.done;
}

async function factsOf(
  options: FleetOptions,
  recipe: Recipe,
  connection: Connection,
): Promise<FleetFacts> {
  const env = readConnectionEnv();
  const given = namesOf(options.connection, env.variables);
  const { names } = await targetOf(options.connection, env, given);
  const isLocal = connection.clients === undefined;
  const lanes = await connection.lanes();
  const urls = LANES.flatMap((lane) => [
    { name: `${lane}Queue` as const, url: lanes[lane].queue.url },
    { name: `${lane}Dlq` as const, url: lanes[lane].deadLetters.url },
  ]);
  const queues = await Promise.all(
    urls.map(async ({ name, url }) => ({ as: name, url, ...(await queueFacts(connection, url)) })),
  );
  const buckets = [
    await connection.bucket("sourceBucket"),
    await connection.bucket("renditionBucket"),
  ];
  const resources = RESOURCE_NAMES.flatMap((name): FoundResource[] => {
    const named = names[name];
    if (named !== undefined) return [{ name, ...named }];
    const found = queues.find(({ as }) => as === name);
    return found ? [{ name, value: found.url, by: "the redrive policy of its lane's queue" }] : [];
  });
  const warnings: string[] = [];
  const edge = await deliveryOf(connection, options.connection, "--rendition-bucket NAME").catch(
    (error: unknown) => {
      warnings.push(`The edge is not known: ${error instanceof Error ? error.message : error}`);
      return undefined;
    },
  );
  const api = isLocal
    ? (await runningFleet(options.connection.data))?.api
    : apiOf(env.variables, options.connection.fleet)?.url;
  return {
    where: connection.where,
    isLocal,
    recipe,
    fingerprint: recipeFingerprint(recipe, ENCODER),
    resources,
    queues: Object.fromEntries(queues.map(({ as, url, ...facts }) => [as, settingsOf(url, facts)])),
    links: isLocal ? [] : linksOf(queues, buckets),
    edge: edge?.url ?? null,
    api: api ?? null,
    warnings,
  };
}

const whole = v.pipe(v.string(), v.toNumber(), v.integer());
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
const attributesSchema = v.object({
  VisibilityTimeout: v.fallback(v.nullable(whole), null),
  MessageRetentionPeriod: v.fallback(v.nullable(whole), null),
  RedrivePolicy: v.fallback(
    v.nullable(
      v.pipe(
        v.string(),
        v.parseJson(),
        v.object({ maxReceiveCount: v.pipe(v.union([v.string(), v.number()]), v.toNumber()) }),
      ),
    ),
    null,
  ),
  KmsMasterKeyId: v.optional(v.string()),
  SqsManagedSseEnabled: v.optional(v.string()),
});

function settingsOf(url: string, { name, arn, attributes }: QueueFacts): QueueSettings {
  const parsed = v.parse(attributesSchema, {
    VisibilityTimeout: null,
    MessageRetentionPeriod: null,
    RedrivePolicy: null,
    ...attributes,
  });
  return {
    name,
    url,
    arn,
    visibilitySeconds: parsed.VisibilityTimeout,
    retentionSeconds: parsed.MessageRetentionPeriod,
    maxReceives: parsed.RedrivePolicy?.maxReceiveCount ?? null,
    encryption:
      parsed.KmsMasterKeyId !== undefined
        ? "kms"
        : parsed.SqsManagedSseEnabled === "true"
          ? "sqs"
          : "none",
  };
}

function factsJson(facts: FleetFacts, { version, recipe: file }: FleetOptions): unknown {
  const { recipe, fingerprint, where, isLocal, ...rest } = facts;
  return {
    version: 1,
    where,
    isLocal,
    imagefleet: version,
    node: process.versions.node,
    ...CODEC_VERSIONS,
    encoder: ENCODER,
    recipe: { file, fingerprint, ...recipe },
    ...rest,
  };
}

function report(facts: FleetFacts, { version, recipe: file }: FleetOptions, screen: Screen): void {
  const { where, recipe, fingerprint, resources, queues, links, edge, api, warnings } = facts;
  const { sharp, libvips } = CODEC_VERSIONS;
  screen.report(
    screen.paint("bold", `The fleet at ${where}`),
    `imagefleet ${version}, Node ${process.versions.node}, sharp ${sharp}, libvips ${libvips}`,
    "",
    ...table(
      [
        { title: "resource", cell: ({ name }) => name },
        { title: "name", cell: ({ value }) => printable(value), min: 24, cut: "middle" },
        { title: "named by", cell: ({ by }) => printable(by), min: 12 },
      ],
      resources,
      screen,
    ),
    "",
    ...table(
      [
        { title: "queue", cell: ([name]) => name },
        { title: "visibility", cell: ([, each]) => lastingOr(each.visibilitySeconds) },
        { title: "retention", cell: ([, each]) => lastingOr(each.retentionSeconds) },
        { title: "receives", cell: ([, each]) => String(each.maxReceives ?? "–") },
        { title: "encryption", cell: ([, each]) => each.encryption },
      ],
      Object.entries(queues),
      screen,
    ),
    "",
    `recipe ${fingerprint}, ${printable(file)}`,
    ...table(
      [
        { title: "preset", cell: ({ name }) => name },
        { title: "size", cell: ({ width, height }) => `${width ?? ""}x${height ?? ""}` },
        { title: "fit", cell: ({ fit }) => fit },
        { title: "format", cell: ({ format }) => format },
        { title: "quality", align: "right", cell: ({ quality }) => String(quality) },
        { title: "made at", cell: ({ when }) => (when === undefined ? "upload" : "request") },
      ],
      recipe.presets,
      screen,
    ),
    "",
    `edge  ${edge ?? "–"}`,
    `API   ${api ?? "–"}`,
  );
  for (const { name, url } of links) screen.verbatim(`${printable(name)}: ${url}`);
  for (const warning of warnings) screen.warn(printable(warning));
}

function lastingOr(seconds: number | null): string {
  return seconds === null ? "–" : lasting(seconds);
}
