import { ACCOUNT, REGION } from "../answers.ts";
import { textAt } from "../read.ts";
import type { Resource } from "../resource.ts";

/** What a resource of a graph takes to be made, read, changed and deleted. */
interface Type {
  /** CloudFormation's types for the same, of which registry.json knows the actions. */
  readonly registry: readonly string[];
  /** Of these, those that are needed; none: all. */
  readonly only?: readonly string[];
  /**
   * What the provider asks for besides, in the file of the resource's name below
   * https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service
   */
  readonly more?: readonly string[];
  /** The ARN in AWS; absent where AWS gives an id of its own. */
  readonly arn?: Named;
}
type Named = (inputs: Resource["inputs"]) => string;

/** What is not needed, of that which CloudFormation's handlers can do besides. */
export const NOT_USED: readonly { readonly actions: RegExp; readonly why: string }[] = [
  {
    actions: /^(elasticfilesystem|firehose|s3files|s3tables|vpc-lattice|vpce):/,
    why: "file systems, Firehose, tables and Lattice, which the fleet has none of",
  },
  {
    actions: /^kms:(CreateGrant|Decrypt|Encrypt|GenerateDataKey)$/,
    why: "a KMS key for the function's environment or the mapping's filter",
  },
  {
    actions:
      /^lambda:(PassCapacityProvider|GetLayerVersion|GetCodeSigningConfig|(Put|Delete)FunctionCodeSigningConfig|(Get|Put)(FunctionRecursion|FunctionScaling|RuntimeManagement)Config|(Get|Put|Delete)ProvisionedConcurrencyConfig)$/,
    why: "layers, code signing and provisioned concurrency of the functions",
  },
  {
    actions:
      /^(acm-pca:|(autoloop|codewhisperer|logs|workmail):AllowVendedLogDeliveryForResource$|logs:\w+DeliveryDestinationPolicy$)/,
    why: "private certificates, and log deliveries of other services and to other accounts",
  },
  {
    actions: /^cloudfront:(\w+ConnectionGroup|GetVpcOrigin|UpdateDistributionWithStagingConfig)$/,
    why: "distributions of several tenants, origins in a VPC, staging distributions",
  },
  {
    actions: /^(application-autoscaling:\w+ScheduledActions?|cloudwatch:GetMetricData)$/,
    why: "scaling by the clock or by prediction",
  },
  {
    actions:
      /^(logs:(\w+DataProtectionPolicy|CreateLogDelivery|\w+ResourcePolic(y|ies)|\w+ociateKmsKey)|s3:REST\.PUT\.OBJECT)$/,
    why: "keys, deliveries and masks of log groups",
  },
  {
    actions:
      /^ec2:(\w+VpnGateways?|\w+SubnetCidrBlock|\w+VpcEncryptionControls?|ModifyVpcTenancy|DescribeInstances)$/,
    why: "VPN gateways, IPv6, dedicated tenancy",
  },
  {
    actions: /^(ecs:PutAccountSetting(Default)?|ecs:StopServiceDeployment)$/,
    why: "settings of the whole account, and other kinds of deployment",
  },
  {
    actions: /^iam:((Attach|Detach)(Group|User)Policy|DeleteRolePermissionsBoundary)$/,
    why: "the policies for people are attached by hand, and a role's boundary is changed, not taken away",
  },
  {
    actions:
      /^s3:(\w*(Analytics|Inventory|Metrics|IntelligentTiering|MetadataTable)Configuration|(Put|Delete)BucketWebsite|Put(AccelerateConfiguration|BucketAcl|BucketLogging|BucketObjectLockConfiguration|BucketOwnershipControls|ObjectAcl|ObjectLockConfiguration))$/,
    why: "reports, websites, ACLs, access logs and locks of buckets",
  },
  { actions: /^s3:GetObject(Version)?$/, why: "a function's code in a bucket of the fleet's" },
  { actions: /^sns:\w+DataProtectionPolicy$/, why: "masks of the topic" },
];

const inRegion = (service: string, rest: string) =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const bucket: Named = (inputs) => `arn:aws:s3:::${textAt(inputs, "bucket")}`;
const bucketPart = (...only: string[]): Type => ({
  registry: ["AWS::S3::Bucket"],
  only,
  arn: bucket,
});
const queueOf: Named = (inputs) =>
  inRegion("sqs", textAt(inputs, "queueUrl").split("/").at(-1) ?? "");
const named =
  (service: string, before = "", field = "name"): Named =>
  (inputs) =>
    inRegion(service, before + textAt(inputs, field));
const ofAccount =
  (service: string, before: string, field = "name"): Named =>
  (inputs) =>
    `arn:aws:${service}::${ACCOUNT}:${before}${textAt(inputs, field)}`;

const API_ACTIONS = ["DELETE", "GET", "PATCH", "POST", "PUT"].map((each) => `apigateway:${each}`);

/** Every type of AWS's in a graph. */
export const TYPES: Readonly<Record<string, Type>> = {
  // API Gateway's actions are HTTP's methods. Making the account's first API makes its service-linked role:
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
  "apigatewayv2/api:Api": {
    registry: ["AWS::ApiGatewayV2::Api"],
    only: API_ACTIONS,
    more: ["iam:CreateServiceLinkedRole"],
  },
  "apigatewayv2/authorizer:Authorizer": { registry: ["AWS::ApiGatewayV2::Authorizer"] },
  // The registry is not known to have handlers of these three:
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
  "apigatewayv2/integration:Integration": { registry: [], more: API_ACTIONS },
  "apigatewayv2/route:Route": { registry: [], more: API_ACTIONS },
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
  "apigatewayv2/stage:Stage": {
    registry: [],
    more: [
      ...API_ACTIONS,
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ],
  },
  "appautoscaling/policy:Policy": { registry: ["AWS::ApplicationAutoScaling::ScalingPolicy"] },
  "appautoscaling/target:Target": {
    registry: ["AWS::ApplicationAutoScaling::ScalableTarget"],
    more: [
      "application-autoscaling:ListTagsForResource",
      "application-autoscaling:TagResource",
      "application-autoscaling:UntagResource",
    ],
  },
  // The registry has no schema of it: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
  "budgets/budget:Budget": {
    registry: [],
    more: [
      "budgets:ListTagsForResource",
      "budgets:ModifyBudget",
      "budgets:TagResource",
      "budgets:UntagResource",
      "budgets:ViewBudget",
    ],
    arn: ofAccount("budgets", "budget/"),
  },
  "acm/certificate:Certificate": {
    registry: ["AWS::CertificateManager::Certificate"],
    more: ["acm:ListCertificates"],
  },
  // It only waits.
  "acm/certificateValidation:CertificateValidation": {
    registry: [],
    more: ["acm:DescribeCertificate"],
  },
  "cloudfront/cachePolicy:CachePolicy": { registry: ["AWS::CloudFront::CachePolicy"] },
  "cloudfront/distribution:Distribution": { registry: ["AWS::CloudFront::Distribution"] },
  "cloudfront/function:Function": {
    registry: ["AWS::CloudFront::Function"],
    arn: ofAccount("cloudfront", "function/"),
  },
  "cloudfront/keyValueStore:KeyValueStore": {
    registry: ["AWS::CloudFront::KeyValueStore"],
    only: [
      "cloudfront:CreateKeyValueStore",
      "cloudfront:DeleteKeyValueStore",
      "cloudfront:DescribeKeyValueStore",
      "cloudfront:UpdateKeyValueStore",
    ],
  },
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfrontkeyvaluestore.html
  "cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive": {
    registry: [],
    more: [
      "cloudfront-keyvaluestore:DescribeKeyValueStore",
      "cloudfront-keyvaluestore:ListKeys",
      "cloudfront-keyvaluestore:UpdateKeys",
    ],
  },
  "cloudfront/monitoringSubscription:MonitoringSubscription": {
    registry: ["AWS::CloudFront::MonitoringSubscription"],
  },
  "cloudfront/originAccessControl:OriginAccessControl": {
    registry: ["AWS::CloudFront::OriginAccessControl"],
  },
  "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": {
    registry: ["AWS::CloudFront::ResponseHeadersPolicy"],
  },
  "cloudwatch/dashboard:Dashboard": {
    registry: ["AWS::CloudWatch::Dashboard"],
    arn: ofAccount("cloudwatch", "dashboard/", "dashboardName"),
  },
  "cloudwatch/eventRule:EventRule": {
    registry: ["AWS::Events::Rule"],
    arn: named("events", "rule/"),
  },
  "cloudwatch/eventTarget:EventTarget": {
    registry: ["AWS::Events::Rule"],
    only: ["events:ListTargetsByRule", "events:PutTargets", "events:RemoveTargets"],
    arn: named("events", "rule/", "rule"),
  },
  "cloudwatch/logGroup:LogGroup": {
    registry: ["AWS::Logs::LogGroup"],
    arn: named("logs", "log-group:"),
  },
  "cloudwatch/logDelivery:LogDelivery": { registry: ["AWS::Logs::Delivery"] },
  "cloudwatch/logDeliveryDestination:LogDeliveryDestination": {
    registry: ["AWS::Logs::DeliveryDestination"],
  },
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
  "cloudwatch/logDeliverySource:LogDeliverySource": {
    registry: ["AWS::Logs::DeliverySource"],
    more: ["cloudfront:AllowVendedLogDeliveryForResource"],
  },
  "cloudwatch/metricAlarm:MetricAlarm": {
    registry: ["AWS::CloudWatch::Alarm"],
    arn: named("cloudwatch", "alarm:"),
  },
  // Without streams, imports and policies of its own. The key's only where the settings choose one.
  "dynamodb/table:Table": {
    registry: ["AWS::DynamoDB::Table"],
    only: [
      "dynamodb:CreateTable",
      "dynamodb:DeleteTable",
      "dynamodb:DescribeContinuousBackups",
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "dynamodb:ListTagsOfResource",
      "dynamodb:TagResource",
      "dynamodb:UntagResource",
      "dynamodb:UpdateContinuousBackups",
      "dynamodb:UpdateTable",
      "dynamodb:UpdateTimeToLive",
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
    ],
    arn: named("dynamodb", "table/"),
  },
  "ec2/internetGateway:InternetGateway": {
    registry: ["AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment"],
  },
  "ec2/routeTable:RouteTable": { registry: ["AWS::EC2::RouteTable", "AWS::EC2::Route"] },
  "ec2/routeTableAssociation:RouteTableAssociation": {
    registry: ["AWS::EC2::SubnetRouteTableAssociation"],
  },
  "ec2/securityGroup:SecurityGroup": {
    registry: ["AWS::EC2::SecurityGroup"],
    more: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules"],
  },
  // infra/network.ts asks for the zones.
  "ec2/subnet:Subnet": {
    registry: ["AWS::EC2::Subnet"],
    more: ["ec2:DescribeAvailabilityZones"],
  },
  "ec2/vpc:Vpc": { registry: ["AWS::EC2::VPC"] },
  "ec2/vpcEndpoint:VpcEndpoint": {
    registry: ["AWS::EC2::VPCEndpoint"],
    more: ["ec2:DescribePrefixLists"],
  },
  "ecs/cluster:Cluster": { registry: ["AWS::ECS::Cluster"], arn: named("ecs", "cluster/") },
  "ecs/clusterCapacityProviders:ClusterCapacityProviders": {
    registry: ["AWS::ECS::ClusterCapacityProviderAssociations"],
    arn: named("ecs", "cluster/", "clusterName"),
  },
  "ecs/service:Service": {
    registry: ["AWS::ECS::Service"],
    arn: (inputs) =>
      `${textAt(inputs, "cluster").replace(":cluster/", ":service/")}/${textAt(inputs, "name")}`,
  },
  "ecs/taskDefinition:TaskDefinition": {
    registry: ["AWS::ECS::TaskDefinition"],
    arn: (inputs) => inRegion("ecs", `task-definition/${textAt(inputs, "family")}:1`),
  },
  // Attached to nobody: people's administrators do that.
  "iam/policy:Policy": {
    registry: ["AWS::IAM::ManagedPolicy"],
    only: [
      "iam:CreatePolicy",
      "iam:CreatePolicyVersion",
      "iam:DeletePolicy",
      "iam:DeletePolicyVersion",
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
      "iam:ListEntitiesForPolicy",
      "iam:ListPolicyVersions",
    ],
    more: ["iam:TagPolicy", "iam:UntagPolicy"],
    arn: ofAccount("iam", "policy/"),
  },
  "iam/role:Role": {
    registry: ["AWS::IAM::Role"],
    more: ["iam:ListInstanceProfilesForRole", "iam:ListRoleTags"],
    arn: ofAccount("iam", "role/"),
  },
  "iam/rolePolicy:RolePolicy": { registry: ["AWS::IAM::RolePolicy"] },
  "kms/key:Key": { registry: ["AWS::KMS::Key"] },
  "lambda/eventSourceMapping:EventSourceMapping": {
    registry: ["AWS::Lambda::EventSourceMapping"],
  },
  "lambda/function:Function": {
    registry: ["AWS::Lambda::Function"],
    more: ["lambda:ListTags", "lambda:ListVersionsByFunction"],
    arn: named("lambda", "function:"),
  },
  "lambda/functionUrl:FunctionUrl": { registry: ["AWS::Lambda::Url"] },
  "lambda/permission:Permission": { registry: ["AWS::Lambda::Permission"] },
  // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
  "route53/record:Record": {
    registry: [],
    more: [
      "route53:ChangeResourceRecordSets",
      "route53:GetChange",
      "route53:GetHostedZone",
      "route53:ListHostedZones",
      "route53:ListResourceRecordSets",
    ],
  },
  // Tags at creation: https://github.com/hashicorp/terraform-provider-aws/pull/45251
  "s3/bucket:Bucket": {
    registry: ["AWS::S3::Bucket"],
    more: [
      "s3:DeleteObjectVersion",
      "s3:GetBucketLocation",
      "s3:GetBucketRequestPayment",
      "s3:ListBucketVersions",
      "s3:ListTagsForResource",
      "s3:TagResource",
      "s3:UntagResource",
    ],
    arn: bucket,
  },
  "s3/bucketCorsConfiguration:BucketCorsConfiguration": bucketPart(
    "s3:DeleteBucketCors",
    "s3:GetBucketCORS",
    "s3:PutBucketCORS",
  ),
  "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": bucketPart(
    "s3:DeleteBucketLifecycle",
    "s3:GetLifecycleConfiguration",
    "s3:PutLifecycleConfiguration",
  ),
  "s3/bucketNotification:BucketNotification": bucketPart(
    "s3:GetBucketNotification",
    "s3:PutBucketNotification",
  ),
  // The function's code, in SST's own bucket, whose rights are SST's.
  "s3/bucketObjectv2:BucketObjectv2": { registry: [] },
  "s3/bucketPolicy:BucketPolicy": { registry: ["AWS::S3::BucketPolicy"], arn: bucket },
  "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketPart(
    "s3:GetBucketPublicAccessBlock",
    "s3:PutBucketPublicAccessBlock",
  ),
  "s3/bucketReplicationConfig:BucketReplicationConfig": bucketPart(
    "iam:PassRole",
    "s3:DeleteBucketReplication",
    "s3:GetReplicationConfiguration",
    "s3:PutReplicationConfiguration",
  ),
  "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": bucketPart(
    "s3:DeleteBucketEncryption",
    "s3:GetEncryptionConfiguration",
    "s3:PutEncryptionConfiguration",
  ),
  "s3/bucketVersioning:BucketVersioning": bucketPart(
    "s3:GetBucketVersioning",
    "s3:PutBucketVersioning",
  ),
  "scheduler/schedule:Schedule": {
    registry: ["AWS::Scheduler::Schedule"],
    arn: named("scheduler", "schedule/default/"),
  },
  "sns/topic:Topic": { registry: ["AWS::SNS::Topic"], arn: named("sns") },
  "sns/topicPolicy:TopicPolicy": {
    registry: ["AWS::SNS::TopicInlinePolicy"],
    arn: (inputs) => textAt(inputs, "arn"),
  },
  "sns/topicSubscription:TopicSubscription": {
    registry: ["AWS::SNS::Subscription"],
    arn: (inputs) => textAt(inputs, "topic"),
  },
  "sqs/queue:Queue": { registry: ["AWS::SQS::Queue"], arn: named("sqs") },
  "sqs/queuePolicy:QueuePolicy": { registry: ["AWS::SQS::QueueInlinePolicy"], arn: queueOf },
  "sqs/redriveAllowPolicy:RedriveAllowPolicy": {
    registry: ["AWS::SQS::QueueInlinePolicy"],
    arn: queueOf,
  },
  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
  "docker-build:index:Image": {
    registry: [],
    more: [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetAuthorizationToken",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ],
  },
  "wafv2/webAcl:WebAcl": { registry: ["AWS::WAFv2::WebACL"] },
};
