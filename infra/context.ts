import type { FleetRecipe } from "./recipe.ts";
import type { DeliverySettings, FleetSettings } from "./settings-schema.ts";

/** As SST's `transform`: arguments that replace ours, or a function that changes them. */
export type Transform<T> =
  | Partial<T>
  | ((args: T, options: $util.ComponentResourceOptions, name: string) => undefined);

/** Changes the SST components that the fleet creates. */
export interface Transforms {
  readonly function?: Transform<sst.aws.FunctionArgs>;
  readonly worker?: Transform<sst.aws.ServiceArgs>;
  /** All queues and dead-letter queues. */
  readonly queue?: Transform<sst.aws.QueueArgs>;
  readonly bucket?: Transform<sst.aws.BucketArgs>;
  readonly cdn?: Transform<sst.aws.CdnArgs>;
  readonly table?: Transform<sst.aws.DynamoArgs>;
  readonly api?: Transform<sst.aws.ApiGatewayV2Args>;
}

/**
 * The longest name, in characters, of an IAM role and of a rule or schedule of EventBridge.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
 */
export const LONGEST_NAME = 64;

/** What every part of a fleet is created with. */
export interface Fleet {
  /** The component's name in the app, and the prefix of the names of all its parts. */
  readonly name: string;
  readonly settings: FleetSettings;
  readonly recipe: FleetRecipe;
  readonly transform: Transforms;
  /** Undefined: renditions are not delivered. */
  readonly delivery: DeliverySettings | undefined;
  /** Whether images, and the keys that encrypt them, are retained when the fleet is removed. */
  readonly retained: boolean;
  readonly region: $util.Output<string>;
  readonly account: $util.Output<string>;
  readonly partition: $util.Output<string>;
  /** Pulumi's options for every part. */
  readonly within: { readonly parent: $util.Resource; readonly provider?: aws.Provider };
  /** Pulumi's options for the parts that are retained along with the images. */
  readonly kept: { readonly parent: $util.Resource; readonly retainOnDelete: boolean };
}

export function fleetOf(
  parent: $util.Resource,
  name: string,
  given: Pick<Fleet, "settings" | "recipe" | "transform">,
): Fleet {
  const retained = given.settings.keep;
  const { delivery } = given.settings;
  const within = { parent };
  return {
    ...given,
    name,
    delivery: delivery === "none" ? undefined : delivery,
    retained,
    // From the provider that the component was given.
    region: aws.getRegionOutput({}, within).region,
    account: aws.getCallerIdentityOutput({}, within).accountId,
    partition: aws.getPartitionOutput({}, within).partition,
    within,
    kept: { ...within, retainOnDelete: retained },
  };
}

/** The arguments of an SST component after the app's transform. */
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
 * The name in AWS of a resource that SST does not name, unique in an account by app, stage and fleet.
 *
 * @throws Error where it is longer than 64 characters, the limit of some AWS services
 */
export function physical({ name: fleet }: Pick<Fleet, "name">, name: string): string {
  return short(`${$app.name}-${$app.stage}-${fleet}${name}`);
}

/** The name of an IAM resource. IAM is global, so the name contains the region. */
export function physicalOfAccount(fleet: Fleet, name: string): $util.Output<string> {
  return fleet.region.apply((region) => short(`${physical(fleet, name)}-${region}`));
}

function short(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  throw new Error(
    `${name} has ${name.length} characters, and AWS allows ${LONGEST_NAME}: shorten the name of the app, the stage or the fleet`,
  );
}
