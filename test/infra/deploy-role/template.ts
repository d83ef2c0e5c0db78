import { POLICIES, type Statement } from "./policy.ts";

const CONDITIONS = {
  ThrownAway: { "Fn::Equals": [{ Ref: "ThrowAway" }, "true"] },
  HasSourceBucket: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "SourceBucket" }, ""] }] },
  HasBoundary: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "Boundary" }, ""] }] },
};

/** What has no default must be given. */
const PARAMETERS = {
  App: {
    Type: "String",
    AllowedPattern: "[a-z][a-z0-9-]{1,29}",
    Description: "app in infra/settings.ts",
  },
  Stage: {
    Type: "String",
    Default: "production",
    Description: "The stage that the role deploys, or a pattern: pr-*",
  },
  Repository: {
    Type: "String",
    AllowedPattern: "[^/*]+/[^/*]+",
    Description:
      "As GitHub's tokens name it: OWNER@ID/NAME@ID, or OWNER/NAME where it was made before July 15, 2026",
  },
  Jobs: {
    Type: "String",
    Default: "environment:production",
    AllowedValues: ["environment:production", "pull_request"],
    Description: "Which of the repository's jobs may take the role",
  },
  ThrowAway: {
    Type: "String",
    Default: "false",
    AllowedValues: ["true", "false"],
    Description: "true: the role may empty and delete the stage's buckets and keys",
  },
  SourceBucket: {
    Type: "String",
    Default: "",
    Description: 'The bucket of source: { bucket, notifications: "replace" }, if there is one',
  },
  RolePrefix: { Type: "String", Default: "", Description: "roles.namePrefix, if there is one" },
  Boundary: {
    Type: "String",
    Default: "",
    Description:
      "The ARN of roles.permissionsBoundary, without which the role could write any other",
  },
};

/** The role that GitHub's jobs deploy with, for CloudFormation: docs/deploy-role.json */
export function deployRoleTemplate(): object {
  const policies = Object.entries(POLICIES).map(([name, { statements, onlyIf }]) => [
    name,
    {
      Type: "AWS::IAM::ManagedPolicy",
      ...(onlyIf !== "" && { Condition: onlyIf }),
      Properties: {
        Description: `Imagefleet's deployments: ${name}`,
        PolicyDocument: { Version: "2012-10-17", Statement: statements.map(statementOf) },
      },
    },
  ]);
  const attached = Object.entries(POLICIES).map(([name, { onlyIf }]) =>
    onlyIf === "" ? { Ref: name } : { "Fn::If": [onlyIf, { Ref: name }, { Ref: "AWS::NoValue" }] },
  );
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "The role with which GitHub's jobs deploy an Imagefleet: see docs/deploy.md",
    Parameters: PARAMETERS,
    Conditions: CONDITIONS,
    Resources: {
      ...Object.fromEntries(policies),
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [TRUST] },
          ManagedPolicyArns: attached,
        },
      },
    },
    Outputs: { RoleArn: { Value: { "Fn::GetAtt": ["Role", "Arn"] } } },
  };
}

const ISSUER = "token.actions.githubusercontent.com";

/**
 * One subject, and no pattern: https://docs.github.com/en/actions/reference/security/oidc
 * https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
 */
const TRUST = filledIn({
  Effect: "Allow",
  Principal: {
    Federated: `arn:<AWS::Partition>:iam::<AWS::AccountId>:oidc-provider/${ISSUER}`,
  },
  Action: "sts:AssumeRoleWithWebIdentity",
  Condition: {
    StringEquals: {
      [`${ISSUER}:aud`]: "sts.amazonaws.com",
      [`${ISSUER}:sub`]: "repo:<Repository>:<Jobs>",
    },
  },
});

function statementOf({ why: _, ...statement }: Statement): object {
  return { Effect: "Allow", ...Object(filledIn(statement)) };
}

/** With `Fn::Sub` around each text that has something to fill in. */
function filledIn(value: unknown): unknown {
  if (typeof value === "string") {
    const text = value.replaceAll(/<([\w:]+)>/g, (_, name) => `\${${name}}`);
    return text === value ? value : { "Fn::Sub": text };
  }
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filledIn(each)]));
}
