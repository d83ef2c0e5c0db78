import * as v from "valibot";
import { SqsError } from "./fauxqs.ts";

const Policy = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    deadLetterTargetArn: v.string(),
    // AWS takes the number as text too, which CloudFormation sends.
    maxReceiveCount: v.pipe(
      v.union([v.number(), v.string()]),
      v.transform(Number),
      v.integer(),
      v.minValue(1),
      v.maxValue(1000),
    ),
  }),
);

export type RedrivePolicy = v.InferOutput<typeof Policy>;

/** The queue's redrive policy, if it has one that can be read. */
export function redrivePolicyOf(attribute: string | undefined): RedrivePolicy | undefined {
  const parsed = v.safeParse(Policy, attribute);
  return parsed.success ? parsed.output : undefined;
}

/**
 * fauxqs takes any text; AWS refuses a policy whose queue is not there.
 *
 * @throws SqsError InvalidParameterValue
 */
export function checkRedrivePolicy(
  attribute: string | undefined,
  exists: (arn: string) => boolean,
): void {
  if (attribute === undefined || attribute === "") return;
  const policy = redrivePolicyOf(attribute);
  if (policy !== undefined && exists(policy.deadLetterTargetArn)) return;
  const reason =
    policy === undefined
      ? "It needs a deadLetterTargetArn and a maxReceiveCount from 1 to 1000."
      : "Dead letter target does not exist.";
  throw new SqsError(
    "InvalidParameterValue",
    `Value ${attribute} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
  );
}
