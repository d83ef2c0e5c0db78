/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A resource as it would be sent to AWS's provider. */
export interface Resource {
  /** Such as "aws:sqs/queue:Queue". */
  readonly type: string;
  /** As infra/ or SST names it; the physical name is among the inputs. */
  readonly name: string;
  readonly inputs: { readonly [key: string]: Json };
  /** The region of its provider. */
  readonly region: string;
  /** Left in AWS when the stage is removed. */
  readonly retainOnDelete: boolean;
  readonly dependsOn: readonly string[];
}

/** All that one stage would deploy. */
export interface Graph {
  /** Was it built as `sst dev` builds it? */
  readonly dev: boolean;
  readonly app: { readonly [key: string]: Json };
  /** Given for this build, over infra/settings.ts. */
  readonly settings: { readonly [key: string]: Json };
  readonly resources: readonly Resource[];
  readonly outputs: { readonly [key: string]: Json };
  readonly functions: readonly Bundled[];
}

/** What of a stage can differ. */
export interface Variant {
  readonly stage: string;
  /** `sst dev`. */
  readonly dev?: boolean;
  /** Over infra/settings.ts. */
  readonly settings?: object;
  /** In the place of recipe.ts. */
  readonly recipe?: string;
}

/** What SST would bundle. */
export interface Bundled {
  readonly id: string;
  /** A path from the root, and the export: "packages/…/handler.handler". */
  readonly handler: string;
  readonly properties: Json;
  readonly copyFiles: Json;
  /** Its links: by name, the properties that it gets. */
  readonly links: Json;
}
