import type { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { clientConfig } from "@imagefleet/core/aws";
import { TASK } from "@imagefleet/core/prices";
import { askFor, type Check, none, ok, problem } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { owned } from "../../connection/owned.ts";
import { isOfStage } from "../../connection/stage/names.ts";
import type { Aws } from "./account.ts";

/**
 * Quotas by the codes of Service Quotas.
 * https://docs.aws.amazon.com/general/latest/gr/lambda-service.html
 * https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
 * https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
 */
const CONCURRENCY = { ServiceCode: "lambda", QuotaCode: "L-B99A9384" };
const ON_DEMAND = { ServiceCode: "fargate", QuotaCode: "L-3032A538" };
const SPOT = { ServiceCode: "fargate", QuotaCode: "L-36FBB829" };
const VPCS = { ServiceCode: "vpc", QuotaCode: "L-F678F1CE" };
const GATEWAYS = { ServiceCode: "vpc", QuotaCode: "L-A4707A72" };

const PERMISSION = "servicequotas:GetServiceQuota";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const UNRESERVED = 100;

/** Functions at once. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const PER_POLLER = 10;

/** Checks that the quotas of the region are large enough for the settings. */
export async function quotaChecks(aws: Aws): Promise<readonly Check[]> {
  const { ServiceQuotasClient } = await sdk(() => import("@aws-sdk/client-service-quotas"));
  using client = owned(new ServiceQuotasClient(clientConfig(aws.clients("SERVICE_QUOTAS"))));
  const { functionConcurrency, pollers, workerTasks, spot, onDemandTasks, delivery } = aws.settings;
  const reserved = delivery === "none" ? undefined : delivery.concurrency;
  const spotTasks = workerTasks - onDemandTasks;
  return [
    ...(functionConcurrency === undefined
      ? []
      : await enough(client, "quota of Lambda's concurrent executions", CONCURRENCY, {
          needed: functionConcurrency,
          for: `functionConcurrency ${functionConcurrency}`,
          otherwise: "lower functionConcurrency: throttled messages count as received",
        })),
    ...(pollers === undefined
      ? []
      : await enough(client, "quota of Lambda's concurrent executions", CONCURRENCY, {
          needed: PER_POLLER * pollers.max,
          for: `pollers.max ${pollers.max}, of ${PER_POLLER} functions each`,
          otherwise: "lower pollers.max: throttled messages count as received",
        })),
    ...(reserved === undefined
      ? []
      : await enough(client, "quota of Lambda's reserved concurrency", CONCURRENCY, {
          needed: reserved + UNRESERVED,
          for: `delivery.concurrency ${reserved}, as ${UNRESERVED} must stay unreserved`,
          otherwise: "lower delivery.concurrency, or leave it out: AWS refuses the reservation",
        })),
    ...(await enough(client, "quota of Fargate On-Demand vCPUs", ON_DEMAND, {
      needed: onDemandTasks * TASK.vcpus,
      for: `${onDemandTasks} of workerTasks, of ${TASK.vcpus} vCPUs each`,
      otherwise: spot ? "the large lane cannot start" : "lower workerTasks",
    })),
    ...(await enough(client, "quota of Fargate Spot vCPUs", SPOT, {
      needed: spotTasks * TASK.vcpus,
      for: `${spotTasks} of workerTasks, of ${TASK.vcpus} vCPUs each`,
      otherwise: "lower workerTasks: fewer tasks would run",
    })),
    ...(await networkChecks(aws, client)),
  ];
}

type Code = typeof CONCURRENCY;

function enough(
  client: ServiceQuotasClient,
  name: string,
  code: Code,
  want: { readonly needed: number; readonly for: string; readonly otherwise: string },
): Promise<readonly Check[]> {
  return askFor(name, PERMISSION, async () => {
    const quota = await quotaOf(client, code);
    const message = `The quota is ${quota}, ${quota >= want.needed ? "and" : "but"} ${want.needed} are needed for ${want.for}.`;
    if (quota >= want.needed) return [ok(name, message)];
    const raise = `Raise it to ${want.needed} or more in Service Quotas (${code.QuotaCode})`;
    return [problem(name, message, `${raise}; otherwise ${want.otherwise}.`)];
  });
}

/**
 * For some quotas, an account that never requested an increase only has the default value.
 * https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
 */
export async function quotaOf(client: ServiceQuotasClient, code: Code): Promise<number> {
  const { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand } = await sdk(
    () => import("@aws-sdk/client-service-quotas"),
  );
  const answer = await client.send(new GetServiceQuotaCommand(code)).catch((error: unknown) => {
    if (!(error instanceof Error && error.name === "NoSuchResourceException")) throw error;
    return client.send(new GetAWSDefaultServiceQuotaCommand(code));
  });
  const value = answer.Quota?.Value;
  if (value === undefined)
    throw new Error(`Service Quotas returned no value for ${code.QuotaCode}`);
  return value;
}

/** A stage that creates its network needs one more VPC and internet gateway in the region. */
async function networkChecks(
  { clients, settings, prefix }: Aws,
  client: ServiceQuotasClient,
): Promise<readonly Check[]> {
  const name = "quota of VPCs and internet gateways";
  if (settings.network.vpcId !== undefined) {
    return [none(name, `The stage uses ${settings.network.vpcId} and creates no VPC.`)];
  }
  const { EC2Client, paginateDescribeVpcs, paginateDescribeInternetGateways } = await sdk(
    () => import("@aws-sdk/client-ec2"),
  );
  using ec2 = owned(new EC2Client(clientConfig(clients("EC2"))));
  const permission = `${PERMISSION}, ec2:DescribeVpcs and ec2:DescribeInternetGateways`;
  return await askFor(name, permission, async () => {
    let vpcs = 0;
    for await (const { Vpcs = [] } of paginateDescribeVpcs({ client: ec2 }, {})) {
      const own = Vpcs.find(({ Tags = [] }) =>
        Tags.some(({ Key, Value }) => Key === "Name" && isOfStage(Value ?? "", prefix, "Network")),
      );
      if (own !== undefined) {
        return [ok(name, `The stage already has its network, ${own.VpcId}.`)];
      }
      vpcs += Vpcs.length;
    }
    let gateways = 0;
    const pages = paginateDescribeInternetGateways({ client: ec2 }, {});
    for await (const { InternetGateways = [] } of pages) gateways += InternetGateways.length;
    return [
      countCheck("VPCs", vpcs, await quotaOf(client, VPCS), VPCS.QuotaCode),
      countCheck(
        "internet gateways",
        gateways,
        await quotaOf(client, GATEWAYS),
        GATEWAYS.QuotaCode,
      ),
    ];
  });
}

function countCheck(of: string, used: number, quota: number, code: string): Check {
  const name = `quota of ${of}`;
  const message = `${used} of ${quota} are used in the region, and the stage creates one.`;
  if (used < quota) return ok(name, message);
  const fix = `Raise it in Service Quotas (${code}), or set network in infra/settings.ts to an existing VPC.`;
  return problem(name, message, fix);
}
