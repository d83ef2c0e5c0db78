import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "../aws/index.ts";
import { type Recipe, refuseRecursion } from "../recipe/index.ts";
import { loadRecipe } from "../recipe-file/index.ts";
import { RenditionStore, SourceStore } from "../store/index.ts";

/** The variables that every program of a fleet reads. */
export interface ProgramEnv {
  readonly AWS_REGION: string;
  readonly AWS_ENDPOINT_URL?: string | undefined;
  readonly IMAGEFLEET_SOURCE_BUCKETS: readonly string[];
  readonly IMAGEFLEET_RENDITION_BUCKET: string;
  /** A recipe that replaces the one that the program was built with. */
  readonly IMAGEFLEET_RECIPE?: string | undefined;
}

/** What every program of a fleet works with. */
export interface Opened {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly recipe: Recipe;
  readonly sources: SourceStore;
  readonly renditions: RenditionStore;
}

/**
 * The recipe of a program, its clients and its stores.
 *
 * @param shipped the recipe that the program was built with
 * @throws RecipeFileError if the recipe cannot be loaded; RecipeError if it is invalid, or if its
 *   renditions would be sources
 *
 * @example
 * const buckets = { IMAGEFLEET_SOURCE_BUCKETS: ["uploads"], IMAGEFLEET_RENDITION_BUCKET: "renditions" };
 * const { sources } = await openFleet({ AWS_REGION: "eu-west-1", ...buckets }, recipe);
 */
export async function openFleet(env: ProgramEnv, shipped: Recipe): Promise<Opened> {
  const client = { region: env.AWS_REGION, endpoint: env.AWS_ENDPOINT_URL };
  const s3 = createS3(client);
  const recipe =
    env.IMAGEFLEET_RECIPE === undefined ? shipped : await loadRecipe(env.IMAGEFLEET_RECIPE);
  const renditionBucket = env.IMAGEFLEET_RENDITION_BUCKET;
  const buckets = { sources: env.IMAGEFLEET_SOURCE_BUCKETS, renditions: renditionBucket };
  refuseRecursion(recipe, buckets);
  return {
    s3,
    sqs: createSqs(client),
    recipe,
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, renditionBucket),
  };
}
