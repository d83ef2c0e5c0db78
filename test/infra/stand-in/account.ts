import { ACCOUNT, REGION } from "../answers.ts";
import { at, textAt, texts } from "../read.ts";
import type { Json } from "../resource.ts";
import { statements } from "../rules/access.ts";
import { type Answer, element, json, jsonError, queryAnswer, queryError, xml } from "./answer.ts";
import { type DeployedState, resources } from "./deployed-state.ts";

type Form = URLSearchParams;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function sts(): Answer {
  return queryAnswer("GetCallerIdentity", {
    Arn: `arn:aws:iam::${ACCOUNT}:user/deployer`,
    UserId: "AIDA",
    Account: ACCOUNT,
  });
}

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export function iam(action: string, form: Form, deployed: DeployedState): Answer {
  if (action === "SimulatePrincipalPolicy") return simulate(form, deployed);
  const name = form.get("RoleName") ?? "";
  if (!deployed.account.serviceLinkedRoles.includes(name)) {
    return queryError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
  }
  return queryAnswer("GetRole", {
    Role: {
      Path: "/aws-service-role/ecs.amazonaws.com/",
      RoleName: name,
      RoleId: "AROA",
      Arn: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/${name}`,
      CreateDate: "2026-01-01T00:00:00Z",
    },
  });
}

/** By the role's policies in the graph: allowed where a statement names action and resource. */
function simulate(form: Form, deployed: DeployedState): Answer {
  const { graph } = deployed;
  const source = form.get("PolicySourceArn") ?? "";
  const role = resources(deployed, "iam/role:Role").find(({ inputs }) =>
    source.endsWith(`/${textAt(inputs, "name")}`),
  );
  if (graph === undefined || role === undefined) {
    return queryError("NoSuchEntity", `${source} cannot be found.`, 404);
  }
  const mine = statements(graph).filter((each) => each.role === role.name);
  const members = (list: string) =>
    [...form].flatMap(([key, value]) => (key.startsWith(`${list}.member.`) ? [value] : []));
  const results = members("ActionNames").flatMap((action) =>
    members("ResourceArns").map((resource) => {
      const isAllowed = mine.some(
        ({ statement }) =>
          textAt(statement, "Effect") === "Allow" &&
          texts(at(statement, "Action")).some((pattern) => fits(pattern, action)) &&
          texts(at(statement, "Resource")).some((pattern) => fits(pattern, resource)),
      );
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: isAllowed ? "allowed" : "implicitDeny",
      };
    }),
  );
  return queryAnswer("SimulatePrincipalPolicy", { EvaluationResults: results, IsTruncated: false });
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html */
function fits(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html
 */
export function ec2(action: string, deployed: DeployedState): Answer {
  const { vpcs, gateways } = deployed.account;
  const before = (prefix: string, field: string, count: number): Json[] =>
    Array.from({ length: count }, (_unused, at) => ({ [field]: `${prefix}-${at}`, tagSet: [] }));
  const answer = (set: string, items: Json[]) => {
    const inner = element(set, items, "item");
    return xml(`<${action}Response><requestId>1</requestId>${inner}</${action}Response>`);
  };
  if (action === "DescribeInternetGateways") {
    return answer("internetGatewaySet", before("igw", "internetGatewayId", gateways));
  }
  const own = resources(deployed, "ec2/vpc:Vpc").map(({ name, inputs }) => ({
    vpcId: `vpc-${name}`,
    tagSet: [{ key: "Name", value: textAt(inputs, "tags.Name") }],
  }));
  return answer("vpcSet", [...before("vpc", "vpcId", vpcs), ...own]);
}

/**
 * AWS's default values.
 * https://docs.aws.amazon.com/general/latest/gr/lambda-service.html
 * https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
 * https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const DEFAULTS: Readonly<Record<string, number>> = {
  "L-B99A9384": 1000,
  "L-3032A538": 6,
  "L-36FBB829": 6,
  "L-F678F1CE": 5,
  "L-A4707A72": 5,
  "L-24B04930": 500,
  "L-7D134442": 20,
  "L-CF0D4FC5": 20,
};

/** https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html */
export function serviceQuotas(operation: string, input: Json, { account }: DeployedState): Answer {
  const code = textAt(input, "QuotaCode");
  const values = operation === "GetServiceQuota" ? account.quotas : DEFAULTS;
  const Value = values[code];
  if (Value === undefined) {
    return jsonError("NoSuchResourceException", `${code} has no value of this account's`);
  }
  return json({
    Quota: {
      ServiceCode: textAt(input, "ServiceCode"),
      QuotaCode: code,
      QuotaArn: `arn:aws:servicequotas:${REGION}:${ACCOUNT}:${code}`,
      Value,
      Unit: "None",
      Adjustable: true,
    },
  });
}
