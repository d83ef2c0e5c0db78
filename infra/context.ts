import type { FleetRecipe } from "./recipe.ts";
import type { FleetSettings } from "./settings-schema.ts";

/** As SST's own: other arguments in place of ours, or a function that changes them. */
export type Transform<T> =
  | Partial<T>
  | ((args: T, options: $util.ComponentResourceOptions, name: string) => undefined);

/** How an app changes what the fleet makes of SST's components. */
export interface Transforms {
  readonly function?: Transform<sst.aws.FunctionArgs>;
  readonly worker?: Transform<sst.aws.ServiceArgs>;
  /** Lanes' queues and their dead-letter queues. */
  readonly queue?: Transform<sst.aws.QueueArgs>;
  readonly bucket?: Transform<sst.aws.BucketArgs>;
}

/**
 * The characters that the name of a role of IAM, and of a rule or schedule of EventBridge, may have.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
 */
export const LONGEST_NAME = 64;

/** What all parts of one fleet are made with. */
export interface Fleet {
  /** In the app, and before the name of everything in it. */
  readonly name: string;
  readonly settings: FleetSettings;
  readonly recipe: FleetRecipe;
  readonly transform: Transforms;
  /** Are pictures, and the keys they are encrypted with, kept when the fleet is removed? */
  readonly retained: boolean;
  readonly region: $util.Output<string>;
  readonly account: $util.Output<string>;
  readonly partition: $util.Output<string>;
  /** Pulumi's options of every part. */
  readonly within: { readonly parent: $util.Resource };
  /** Pulumi's options of what stays when the fleet is removed, if its pictures do. */
  readonly kept: { readonly parent: $util.Resource; readonly retainOnDelete: boolean };
}

export function fleetOf(
  parent: $util.Resource,
  name: string,
  given: Pick<Fleet, "settings" | "recipe" | "transform">,
): Fleet {
  const retained = given.settings.keep;
  const within = { parent };
  return {
    ...given,
    name,
    retained,
    // Of the provider that the component was given.
    region: aws.getRegionOutput({}, within).region,
    account: aws.getCallerIdentityOutput({}, within).accountId,
    partition: aws.getPartitionOutput({}, within).partition,
    within,
    kept: { ...within, retainOnDelete: retained },
  };
}

/** What a component of SST's is made of, once the app has had its say. */
export function transformed<T extends object>(
  transform: Transform<T> | undefined,
  name: string,
  args: T,
  options: $util.ComponentResourceOptions,
): [string, T, $util.ComponentResourceOptions] {
  if (typeof transform !== "function") return [name, { ...args, ...transform }, options];
  const own = { ...options };
  transform(args, own, name);
  return [name, args, own];
}

/**
 * The name in AWS of what SST does not name: told apart by app, stage and fleet in one account.
 *
 * @throws Error where it has more than 64 characters, which is all that some of AWS's services take
 */
export function physical({ name: fleet }: Pick<Fleet, "name">, name: string): string {
  return short(`${$app.name}-${$app.stage}-${fleet}${name}`);
}

/** The name of a resource of IAM, which knows no regions. */
export function physicalOfAccount(fleet: Fleet, name: string): $util.Output<string> {
  return fleet.region.apply((region) => short(`${physical(fleet, name)}-${region}`));
}

function short(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  throw new Error(
    `${name} has ${name.length} characters, and AWS takes ${LONGEST_NAME}: shorten the name of the app, the stage or the fleet`,
  );
}
