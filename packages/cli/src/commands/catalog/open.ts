import {
  type CatalogNames,
  type CatalogTable,
  type ImageItem,
  openTable,
} from "@imagefleet/core/catalog";
import { manifestKey, manifestPattern, sourceOfManifest } from "@imagefleet/core/plan";
import { ofSource } from "@imagefleet/core/reconcile";
import { listPages, RenditionStore, type StoredManifest } from "@imagefleet/core/store";
import { connect } from "../../connection/connect.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { namedByStage } from "../../connection/stage/names.ts";
import { stageSettings } from "../../connection/stage/settings.ts";
import { readRecipe } from "../../recipe/read.ts";
import { UsageError } from "../../usage-error.ts";
import { type NamedCatalog, tableName, uploadsOf } from "./names.ts";

export interface CatalogOptions extends NamedCatalog {
  readonly connection: ConnectionOptions;
  /** A stage of the settings, on AWS. */
  readonly stage?: string | undefined;
  readonly recipe: string;
  readonly json?: boolean | undefined;
}

/** Manifests that are read at the same time. */
export const AT_ONCE = 64;

/** Requests are few and short: a command that is interrupted finishes those that it has sent. */
const never = new AbortController().signal;

/** The table of a fleet, and the manifests that it is to match. */
export interface OpenCatalog extends Disposable {
  readonly where: string;
  readonly names: CatalogNames;
  readonly table: CatalogTable;
  /** The sources of all manifests that the rendition bucket has, in the order of their keys. */
  sources(): AsyncGenerator<string>;
  /** What the bucket has for a source; without manifest and tombstone if the projector cannot read it. */
  stored(source: string): Promise<StoredManifest | undefined>;
  item(source: string): Promise<ImageItem | undefined>;
  items(): AsyncGenerator<ImageItem>;
}

/**
 * Opens the catalog of a fleet.
 *
 * @throws UsageError with the missing or wrong name
 */
export async function openCatalog(options: CatalogOptions): Promise<OpenCatalog> {
  const { fleet } = options.connection;
  const recipe = await readRecipe(options.recipe);
  const stage =
    options.stage === undefined
      ? undefined
      : { name: options.stage, settings: await stageSettings(options.stage) };
  const uploads = uploadsOf(options, recipe.source.prefix, fleet, stage);
  const located =
    stage === undefined
      ? options.connection
      : await namedByStage(options.connection, stage.settings, stage.name);
  const connection = await connect(located);
  const { s3, where } = connection;
  const named = await tableName(options, connection, fleet, stage);
  const bucket = await connection.bucket("sourceBucket");
  const renditions = new RenditionStore(s3, await connection.bucket("renditionBucket"));
  const table = openTable(named.value, connection.dynamo);
  await checkTable(table, named.by, connection.where);
  return {
    where,
    names: { recipe, uploads },
    table,
    async *sources() {
      const { before: prefix } = manifestPattern(recipe);
      for await (const page of listPages(s3, renditions.bucket, { prefix })) {
        for (const { key } of page) {
          const source = sourceOfManifest(recipe, key);
          if (source !== undefined) yield source;
        }
      }
    },
    async stored(key) {
      const found = await renditions.manifest(manifestKey(recipe, key), never);
      return ofSource(found, { bucket, key });
    },
    item: (key) => table.get(key, never),
    items: () => table.all(never),
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

/** Reads an item that nobody has: a key of S3 is not empty. */
async function checkTable(table: CatalogTable, by: string, where: string): Promise<void> {
  try {
    await table.get("", never);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof Error && cause.name === "ResourceNotFoundException")) throw error;
    throw new UsageError(
      `${by}: there is no table ${table.name} at ${where}. Name another by --table, or deploy the stage with its catalog`,
      { cause },
    );
  }
}
