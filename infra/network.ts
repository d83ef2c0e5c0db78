import { type Fleet, physical } from "./context.ts";
import type { Telemetry } from "./telemetry.ts";

const ZONES = 2;
const HTTPS = 443;
/**
 * Zones in which Fargate does not run; all others of these regions have it.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
 */
const WITHOUT_FARGATE = ["usw1-az2", "apne1-az3"];

export interface Network {
  readonly id: $util.Input<string>;
  readonly subnets: $util.Input<$util.Input<string>[]>;
  readonly groups: $util.Input<string>[];
  readonly publicAddresses: boolean;
}

/** The worker's network. In `sst dev` no task runs in it, and SST's cluster needs only names. */
export function makeNetwork(fleet: Fleet, { tracesPort }: Telemetry): Network {
  const { network } = fleet.settings;
  if ($dev) return { id: "vpc-0", subnets: ["subnet-0"], groups: [], publicAddresses: false };
  if (!("vpcId" in network)) return ours(fleet, network.cidr, tracesPort);
  const { vpcId: id, subnets, securityGroups, publicAddresses } = network;
  const groups = securityGroups.length > 0 ? securityGroups : [group(fleet, id, tracesPort)];
  return { id, subnets, groups, publicAddresses };
}

/**
 * Tasks have public addresses and accept no connections: a NAT gateway in each zone would cost more than
 * the fleet. S3 is reached through a gateway endpoint, which is free.
 */
function ours(fleet: Fleet, cidr: string, tracesPort: number | undefined): Network {
  const { name, within } = fleet;
  const vpc = new aws.ec2.Vpc(
    `${name}Network`,
    {
      cidrBlock: cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: physical(fleet, "Network") },
    },
    within,
  );
  const gateway = new aws.ec2.InternetGateway(`${name}NetworkGateway`, { vpcId: vpc.id }, within);
  const routes = new aws.ec2.RouteTable(
    `${name}NetworkRoutes`,
    {
      vpcId: vpc.id,
      routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
    },
    within,
  );
  new aws.ec2.VpcEndpoint(
    `${name}NetworkS3`,
    {
      vpcId: vpc.id,
      serviceName: $interpolate`com.amazonaws.${fleet.region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: [routes.id],
    },
    within,
  );
  const zones = aws.getAvailabilityZonesOutput(
    {
      state: "available",
      filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      excludeZoneIds: WITHOUT_FARGATE,
    },
    within,
  );
  const [first, second] = cidr.split(".");
  const subnets = Array.from({ length: ZONES }, (_, zone) => {
    const subnet = new aws.ec2.Subnet(
      `${name}NetworkSubnet${zone + 1}`,
      {
        vpcId: vpc.id,
        cidrBlock: `${first}.${second}.${zone * 16}.0/20`,
        availabilityZone: zones.names.apply((names) => names[zone] ?? ""),
        tags: { Name: `${physical(fleet, "Network")}-${zone + 1}` },
      },
      // An impaired zone leaves the list, which must not replace the subnets.
      { ...within, ignoreChanges: ["availabilityZone"] },
    );
    new aws.ec2.RouteTableAssociation(
      `${name}NetworkRoutes${zone + 1}`,
      {
        subnetId: subnet.id,
        routeTableId: routes.id,
      },
      within,
    );
    return subnet.id;
  });
  return { id: vpc.id, subnets, groups: [group(fleet, vpc.id, tracesPort)], publicAddresses: true };
}

function group(
  { name, within }: Fleet,
  vpcId: $util.Input<string>,
  tracesPort: number | undefined,
): $util.Output<string> {
  // HTTPS to AWS, and the port of the trace collector where it is another one.
  const ports = [...new Set([HTTPS, tracesPort ?? HTTPS])];
  return new aws.ec2.SecurityGroup(
    `${name}NetworkGroup`,
    {
      vpcId,
      description: "Imagefleet worker: no ingress, HTTPS egress",
      ingress: [],
      egress: ports.map((port) => ({
        protocol: "tcp",
        fromPort: port,
        toPort: port,
        cidrBlocks: ["0.0.0.0/0"],
      })),
    },
    within,
  ).id;
}
