import { ACCOUNT, REGION } from "../answers.ts";
import { all, jsonAt, listAt, textAt, texts } from "../read.ts";
import type { Graph, Json, Resource } from "../resource.ts";

/** What an account has besides what a graph would deploy. */
export interface Account {
  /** By quota code; one that is not in here has AWS's default value. */
  readonly quotas: Readonly<Record<string, number>>;
  readonly serviceLinkedRoles: readonly string[];
  /** VPCs and internet gateways that were there before. */
  readonly vpcs: number;
  readonly gateways: number;
  /** Distributions that were there before. */
  readonly distributions: readonly { readonly id: string; readonly alias?: string }[];
  /** Cache policies and response headers policies that were there before. */
  readonly policies: number;
  /** Buckets that were there before, with their notification configuration as S3 writes it. */
  readonly buckets: Readonly<Record<string, Json>>;
  /** Alarms of the fleet whose metrics the stand-in does not have, and that are in alarm. */
  readonly inAlarm: readonly string[];
}

/** An account that has the quotas which the shipped settings need, the default VPC and nothing else. */
export const ACCOUNT_AS_NEEDED: Account = {
  quotas: { "L-B99A9384": 1000, "L-3032A538": 6, "L-36FBB829": 20 },
  serviceLinkedRoles: ["AWSServiceRoleForECS"],
  vpcs: 1,
  gateways: 1,
  distributions: [],
  policies: 0,
  buckets: {},
  inAlarm: [],
};

/** What the stand-in answers from. */
export interface DeployedState {
  /** What is deployed; undefined before a deployment. */
  readonly graph: Graph | undefined;
  readonly account: Account;
  /** Messages that wait in a queue, by its physical name. */
  readonly waiting: (queue: string) => Promise<number>;
}

export function resources({ graph }: DeployedState, type: string): Resource[] {
  return graph === undefined ? [] : all(graph, type);
}

export function arn(service: string, rest: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
}

/** A policy as the provider would send it, as IAM's own JSON. */
export function iamPolicy(from: Resource["inputs"], path: string): Json {
  const document = jsonAt(from, path);
  if (document === null) return null;
  return {
    Version: "2012-10-17",
    Statement: listAt(document, "Statement").map((statement) => ({
      Effect: textAt(statement, "Effect"),
      Action: texts(fieldOf(statement, "Action")),
      Resource: texts(fieldOf(statement, "Resource")),
      Principal: principalOf(listAt(statement, "Principal")),
      Condition: conditionOf(listAt(statement, "Condition")),
    })),
  };
}

function fieldOf(from: Json, name: string): Json | undefined {
  return typeof from === "object" && from !== null && !Array.isArray(from) ? from[name] : undefined;
}

function principalOf(principals: readonly Json[]): Json {
  const pairs = principals.map(
    (each) => [textAt(each, "type"), texts(fieldOf(each, "identifiers"))] as const,
  );
  return pairs.some(([type]) => type === "*") ? "*" : Object.fromEntries(pairs);
}

function conditionOf(conditions: readonly Json[]): Json {
  const by: Record<string, Record<string, Json>> = {};
  for (const each of conditions) {
    const test = textAt(each, "test");
    by[test] = { ...by[test], [textAt(each, "variable")]: texts(fieldOf(each, "values")) };
  }
  return by;
}
