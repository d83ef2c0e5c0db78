import { physical, region, settings } from "./stage.ts";
import { tracesPort } from "./telemetry.ts";

const ZONES = 2;
const HTTPS = 443;
/**
 * Zones in which Fargate does not run; all others of these regions have it.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
 */
const WITHOUT_FARGATE = ["usw1-az2", "apne1-az3"];

interface Network {
  readonly id: $util.Input<string>;
  readonly subnets: $util.Input<string>[];
  readonly groups: $util.Input<string>[];
  readonly publicAddresses: boolean;
}

/** The worker's network. In `sst dev` no task runs in it, and SST's cluster asks for names alone. */
export const network = $dev
  ? { id: "vpc-0", subnets: ["subnet-0"], groups: [], publicAddresses: false }
  : "vpcId" in settings.network
    ? theirs(settings.network)
    : ours(settings.network.cidr);

function theirs(given: {
  vpcId: string;
  subnets: string[];
  securityGroups: string[];
  publicAddresses: boolean;
}): Network {
  const { vpcId: id, subnets, securityGroups, publicAddresses } = given;
  const groups = securityGroups.length > 0 ? securityGroups : [group(id)];
  return { id, subnets, groups, publicAddresses };
}

/**
 * Its tasks have public addresses and let nobody in: a NAT gateway in each zone would cost more than
 * the fleet. S3 is reached within AWS, and that traffic is free.
 */
function ours(cidr: string): Network {
  const vpc = new aws.ec2.Vpc("Network", {
    cidrBlock: cidr,
    enableDnsHostnames: true,
    enableDnsSupport: true,
    tags: { Name: physical("Network") },
  });
  const gateway = new aws.ec2.InternetGateway("NetworkGateway", { vpcId: vpc.id });
  const routes = new aws.ec2.RouteTable("NetworkRoutes", {
    vpcId: vpc.id,
    routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
  });
  new aws.ec2.VpcEndpoint("NetworkS3", {
    vpcId: vpc.id,
    serviceName: `com.amazonaws.${region}.s3`,
    vpcEndpointType: "Gateway",
    routeTableIds: [routes.id],
  });
  const zones = aws.getAvailabilityZonesOutput({
    state: "available",
    filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
    excludeZoneIds: WITHOUT_FARGATE,
  });
  const [first, second] = cidr.split(".");
  const subnets = Array.from({ length: ZONES }, (_, zone) => {
    const subnet = new aws.ec2.Subnet(
      `NetworkSubnet${zone + 1}`,
      {
        vpcId: vpc.id,
        cidrBlock: `${first}.${second}.${zone * 16}.0/20`,
        availabilityZone: zones.names.apply((names) => names[zone] ?? ""),
        tags: { Name: `${physical("Network")}-${zone + 1}` },
      },
      // A zone that is impaired leaves the list: no reason to make subnets anew.
      { ignoreChanges: ["availabilityZone"] },
    );
    new aws.ec2.RouteTableAssociation(`NetworkRoutes${zone + 1}`, {
      subnetId: subnet.id,
      routeTableId: routes.id,
    });
    return subnet.id;
  });
  return { id: vpc.id, subnets, groups: [group(vpc.id)], publicAddresses: true };
}

function group(vpcId: $util.Input<string>): $util.Output<string> {
  // AWS, and the collector where it listens elsewhere: else traces would wait for nothing.
  const ports = [...new Set([HTTPS, tracesPort ?? HTTPS])];
  return new aws.ec2.SecurityGroup("NetworkGroup", {
    vpcId,
    description: "Imagefleet worker: nothing comes in, HTTPS goes out",
    ingress: [],
    egress: ports.map((port) => ({
      protocol: "tcp",
      fromPort: port,
      toPort: port,
      cidrBlocks: ["0.0.0.0/0"],
    })),
  }).id;
}
