import { physical, region } from "./stage.ts";
import { tracesPort } from "./telemetry.ts";

const ZONES = 2;
const HTTPS = 443;
const CIDR = "10.20.0.0/16";

/**
 * The worker's network. Its tasks have public addresses and let nobody in: a NAT gateway in each
 * zone would cost more than the fleet. S3 is reached within AWS, and that traffic is free.
 */
const vpc = new aws.ec2.Vpc("Network", {
  cidrBlock: CIDR,
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
  serviceName: $interpolate`com.amazonaws.${region}.s3`,
  vpcEndpointType: "Gateway",
  routeTableIds: [routes.id],
});
const zones = aws.getAvailabilityZonesOutput({
  state: "available",
  filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
});
const subnets = Array.from({ length: ZONES }, (_, zone) => {
  const subnet = new aws.ec2.Subnet(`NetworkSubnet${zone + 1}`, {
    vpcId: vpc.id,
    cidrBlock: `10.20.${zone * 16}.0/20`,
    availabilityZone: zones.names.apply((names) => names[zone] ?? ""),
    tags: { Name: `${physical("Network")}-${zone + 1}` },
  });
  new aws.ec2.RouteTableAssociation(`NetworkRoutes${zone + 1}`, {
    subnetId: subnet.id,
    routeTableId: routes.id,
  });
  return subnet.id;
});
/** AWS, and the collector where it listens elsewhere: else traces would wait for nothing. */
const ports = [...new Set([HTTPS, tracesPort ?? HTTPS])];
const group = new aws.ec2.SecurityGroup("NetworkGroup", {
  vpcId: vpc.id,
  description: "Imagefleet worker: nothing comes in, HTTPS goes out",
  ingress: [],
  egress: ports.map((port) => ({
    protocol: "tcp",
    fromPort: port,
    toPort: port,
    cidrBlocks: ["0.0.0.0/0"],
  })),
});

export const network = { id: vpc.id, subnets, groups: [group.id] };
