import type { Lane } from "@imagefleet/core/outcome";
import type { Recipe } from "@imagefleet/core/recipe";
import * as v from "valibot";
import type { Connection } from "../../connection/connect.ts";
import type { QueueFacts } from "../../connection/queue-facts.ts";
import type { NamedSigningKey } from "../../connection/signing-key.ts";
import type { StageSettings } from "../../connection/stage/settings.ts";
import type { Target } from "../../connection/target.ts";

/** The fix when a part of the fleet is not as it was deployed. */
export const DEPLOY_AGAIN = "Deploy the stage again: sst deploy restores what was changed by hand.";

/** How long dead letters are hidden while doctor reads them, s. */
export const LEASE_SECONDS = 30;

/** A stage on AWS. */
export interface Stage {
  /** The common prefix of its resource names. */
  readonly prefix: string;
  readonly settings: StageSettings;
  readonly clients: Target["clients"];
  /** Undefined when the recipe has no signed sizes, or no key was given. */
  readonly signingKey: NamedSigningKey | undefined;
}

/** The fleet under examination. */
export interface Fleet {
  readonly connection: Connection;
  /** Undefined for the fleet on this machine. */
  readonly stage: Stage | undefined;
  readonly recipe: Recipe;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  readonly queues: Readonly<
    Record<Lane, { readonly queue: QueueFacts; readonly deadLetters: QueueFacts }>
  >;
}

const oneOrMore = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((value) => (typeof value === "string" ? [value] : value)),
);

const statementSchema = v.object({
  Effect: v.string(),
  Action: v.optional(oneOrMore, []),
  Principal: v.optional(
    v.union([v.string(), v.object({ Service: v.optional(oneOrMore, []) })]),
    "",
  ),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), oneOrMore)), {}),
});

const policySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    Statement: v.pipe(
      v.union([statementSchema, v.array(statementSchema)]),
      v.transform((one) => (Array.isArray(one) ? one : [one])),
    ),
  }),
);

/** The parts of a policy statement that the checks use. */
export type Statement = v.InferOutput<typeof statementSchema>;

/** The statements of a policy; an empty list when there is no policy or it cannot be parsed. */
export function statementsOf(policy: string | undefined): readonly Statement[] {
  const parsed = v.safeParse(policySchema, policy);
  return parsed.success ? parsed.output.Statement : [];
}
