import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const FILE = join(import.meta.dirname, "..", "..", "..", "docs", "deploy-role.json");

/** As IAM has it. `${App}` and the like are what CloudFormation fills in. */
const statementSchema = v.strictObject({
  Effect: v.literal("Allow"),
  Sid: v.string(),
  Action: v.array(v.string()),
  Resource: v.array(v.string()),
  Condition: v.optional(v.record(v.string(), v.unknown()), {}),
});
const policySchema = v.pipe(
  v.strictObject({
    Type: v.literal("AWS::IAM::ManagedPolicy"),
    Condition: v.optional(v.string(), ""),
    // For people: what SST's documented policy has instead, or why it is so wide.
    Metadata: v.looseObject({ Why: v.record(v.string(), v.string()) }),
    Properties: v.object({ PolicyDocument: v.object({ Statement: v.array(statementSchema) }) }),
  }),
  v.transform(({ Condition, Metadata, Properties }) => ({
    statements: Properties.PolicyDocument.Statement,
    why: Metadata.Why,
    onlyIf: Condition,
  })),
);
const roleSchema = v.object({ Properties: v.object({ ManagedPolicyArns: v.array(v.unknown()) }) });
const templateSchema = v.object({
  Parameters: v.record(
    v.string(),
    v.looseObject({ AllowedValues: v.optional(v.array(v.string())) }),
  ),
  Resources: v.objectWithRest({ Role: roleSchema }, policySchema),
});

/** CloudFormation's template of the role that deploys, which is edited by hand. */
export const TEMPLATE_TEXT = readFileSync(FILE, "utf8");
const TEMPLATE = v.parse(
  templateSchema,
  JSON.parse(TEMPLATE_TEXT, (_key, value) => Object(value)["Fn::Sub"] ?? value),
);
export const { Parameters: PARAMETERS } = TEMPLATE;
const { Role, ...policies } = TEMPLATE.Resources;
export const ATTACHED = Role.Properties.ManagedPolicyArns;

export type Statement = v.InferOutput<typeof statementSchema>;
/** By the condition of the template with which a role has it; "": every role has it. */
export const POLICIES: Readonly<Record<string, v.InferOutput<typeof policySchema>>> = policies;
