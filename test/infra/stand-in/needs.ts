import type { ReceivedCall } from "./server.ts";

/** One thing that a call must be allowed to do, as test/permissions records it. */
interface Need {
  readonly call: string;
  readonly action: string;
  readonly resource: string;
}

/**
 * What an action is allowed on, in the fleet's words; of those that are not named, everything.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
const ON: Readonly<Record<string, string>> = {
  "dynamodb:DescribeContinuousBackups": "table",
  "dynamodb:DescribeTable": "table",
  "dynamodb:DescribeTimeToLive": "table",
  "ecs:DescribeServices": "service",
  "ecs:DescribeTasks": "task",
  "lambda:GetFunctionConcurrency": "function",
  "lambda:GetFunctionConfiguration": "function",
  "iam:GetRole": "role of ECS",
};

/** What IAM would ask for of a call to the services that the local servers do not have. */
export function needOf({ service, operation, body }: ReceivedCall): Need | undefined {
  // It needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  if (service === "sts") return undefined;
  const action = `${service}:${operation}`;
  if (operation === "SimulatePrincipalPolicy") {
    const of = new URLSearchParams(body).get("PolicySourceArn") ?? "";
    const resource = of.includes("Consume") ? "role of the function" : "role of the worker";
    return { call: operation, action, resource };
  }
  return { call: operation, action, resource: ON[action] ?? "*" };
}
