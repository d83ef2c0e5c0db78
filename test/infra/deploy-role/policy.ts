import { MANAGED } from "../rules/access.ts";

/** As IAM has it. `<App>` and the like are what CloudFormation fills in. */
export interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: object;
  /** For people: what SST's documented policy has instead, or why it is so wide. */
  readonly why: string;
}

const NAME = "<App>-<Stage>-*";
/** SST tags everything so: https://github.com/anomalyco/sst/blob/dev/pkg/project/provider/aws.go */
const OWN_TAGS = {
  StringEquals: { "aws:ResourceTag/sst:app": "<App>" },
  StringLike: { "aws:ResourceTag/sst:stage": "<Stage>" },
};
const HERE = { StringEquals: { "aws:RequestedRegion": "<AWS::Region>" } };

const arn = (service: string, rest: string) =>
  `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${rest}`;
const global = (service: string, rest: string) =>
  `arn:<AWS::Partition>:${service}::<AWS::AccountId>:${rest}`;
const bucket = (rest: string) => `arn:<AWS::Partition>:s3:::${rest}`;
const verbs = (service: string, actions: string) =>
  actions
    .trim()
    .split(/\s+/)
    .map((action) => `${service}:${action}`);

/**
 * SST's own: https://sst.dev/docs/iam-credentials, and what its command line does with it. `*` stands for
 * slashes too: what is allowed on a bucket by a pattern is allowed on its objects.
 */
const STATE: readonly Statement[] = [
  {
    Sid: "Bootstrap",
    Action: verbs(
      "s3",
      "CreateBucket ListBucket PutBucketNotification PutBucketPolicy PutBucketVersioning",
    ),
    Resource: [bucket("sst-state-*"), bucket("sst-asset-*")],
    why: "SST's own, as it documents it: its two buckets of the account and region, made once",
  },
  {
    Sid: "ReadState",
    Action: ["s3:GetObject"],
    Resource: [bucket("sst-state-*/*/<App>/*")],
    why: "SST documents the whole bucket; here it is the app's, of all its stages, as `sst diff` reads another's",
  },
  {
    Sid: "WriteState",
    Action: verbs("s3", "PutObject DeleteObject"),
    Resource: [
      bucket("sst-state-*/*/<App>/<Stage>.json"),
      bucket("sst-state-*/*/<App>/<Stage>/*"),
      // SST writes that there was a diff as well.
      bucket("sst-state-*/update/<App>/*"),
    ],
    why: "SST documents the whole bucket; here it is the stage's state, lock and events, and the app's list of updates, which `sst diff` adds to",
  },
  {
    Sid: "Assets",
    Action: verbs("s3", "GetObject GetObjectTagging PutObject PutObjectTagging DeleteObject"),
    Resource: [bucket("sst-asset-*/*")],
    why: "SST's own, as it documents it: the function's code. Its keys do not say the app",
  },
  {
    Sid: "Parameters",
    Action: verbs("ssm", "GetParameter GetParameters"),
    Resource: [
      arn("ssm", "parameter/sst/bootstrap*"),
      arn("ssm", "parameter/sst/passphrase/<App>/*"),
    ],
    why: "SST documents every parameter below `/sst/`; here it is the app's passphrases, without which its state cannot be read",
  },
  {
    Sid: "WriteParameters",
    Action: verbs("ssm", "PutParameter"),
    Resource: [
      arn("ssm", "parameter/sst/bootstrap"),
      arn("ssm", "parameter/sst/passphrase/<App>/<Stage>"),
    ],
    why: "SST documents every app's; `ManageSecrets` and `LiveLambdaSocketConnection` are left out, as the fleet has no secrets and nobody runs `sst dev` with this role",
  },
  {
    Sid: "Images",
    Action: verbs(
      "ecr",
      "CreateRepository DescribeRepositories BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload GetDownloadUrlForLayer InitiateLayerUpload PutImage UploadLayerPart",
    ),
    Resource: [arn("ecr", "repository/sst-asset")],
    why: "SST's own repository, and the worker's image that is pushed to it",
  },
  {
    Sid: "ImagesLogin",
    Action: ["ecr:GetAuthorizationToken"],
    Resource: ["*"],
    why: "knows no resources",
  },
];

const DATA: readonly Statement[] = [
  {
    Sid: "Buckets",
    Action: verbs(
      "s3",
      `CreateBucket DeleteBucketCors DeleteBucketEncryption DeleteBucketLifecycle DeleteBucketPolicy DeleteBucketReplication
      GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification
      GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock
      GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
      GetLifecycleConfiguration GetReplicationConfiguration ListBucket ListBucketVersions ListTagsForResource
      PutBucketCORS PutBucketNotification PutBucketPolicy PutBucketPublicAccessBlock PutBucketReplication PutBucketTagging
      PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration PutReplicationConfiguration TagResource
      UntagResource`,
    ),
    Resource: [bucket(NAME)],
    why: "the stage's buckets by their names. No object is read or written, and nothing is deleted: see `Removal`",
  },
  {
    Sid: "Queues",
    Action: verbs(
      "sqs",
      "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue UntagQueue",
    ),
    Resource: [arn("sqs", NAME)],
    why: "the stage's queues by their names; no message is sent or received",
  },
  {
    Sid: "Keys",
    Action: verbs(
      "kms",
      `DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus
      ListResourceTags PutKeyPolicy TagResource UntagResource UpdateKeyDescription`,
    ),
    Resource: [arn("kms", "key/*")],
    Condition: OWN_TAGS,
    why: "keys have ids of AWS's own: those that carry the app's and the stage's tag; nothing is decrypted",
  },
  {
    Sid: "NewKeys",
    Action: verbs("kms", "CreateKey TagResource"),
    Resource: ["*"],
    Condition: {
      StringEquals: { "aws:RequestTag/sst:app": "<App>" },
      StringLike: { "aws:RequestTag/sst:stage": "<Stage>" },
      Null: { "aws:ResourceTag/sst:app": "true" },
    },
    why: "a key that is not there yet has no ARN: it must be given the app's and the stage's tag, and another app's or stage's key cannot be given them",
  },
];

/** Only where a stage is thrown away with its pictures: the role of production has none of it. */
const REMOVAL: readonly Statement[] = [
  {
    Sid: "EmptyBuckets",
    Action: verbs("s3", "DeleteBucket DeleteObject DeleteObjectVersion"),
    Resource: [bucket(NAME), bucket(`${NAME}/*`)],
    why: "buckets are emptied and deleted with their stage",
  },
  {
    Sid: "DeleteKeys",
    Action: ["kms:ScheduleKeyDeletion"],
    Resource: [arn("kms", "key/*")],
    Condition: OWN_TAGS,
    why: "and the key that they are encrypted with",
  },
];

const PROGRAMS: readonly Statement[] = [
  {
    Sid: "Function",
    Action: verbs(
      "lambda",
      `AddPermission CreateFunction CreateFunctionUrlConfig DeleteFunction DeleteFunctionConcurrency DeleteFunctionUrlConfig
      GetFunction GetFunctionCodeSigningConfig GetFunctionUrlConfig GetPolicy ListTags ListVersionsByFunction PublishVersion
      PutFunctionConcurrency RemovePermission TagResource UntagResource UpdateFunctionCode UpdateFunctionConfiguration
      UpdateFunctionUrlConfig`,
    ),
    Resource: [arn("lambda", `function:${NAME}`)],
    why: "the stage's functions by their names; they are not invoked",
  },
  {
    Sid: "Mapping",
    Action: verbs(
      "lambda",
      "CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping",
    ),
    Resource: ["*"],
    Condition: { ArnLike: { "lambda:FunctionArn": arn("lambda", `function:${NAME}`) } },
    why: "mappings have ids of AWS's own: those of the stage's function",
  },
  {
    Sid: "ReadMapping",
    Action: verbs("lambda", "GetEventSourceMapping ListTags TagResource UntagResource"),
    Resource: [arn("lambda", "event-source-mapping:*")],
    why: "no condition names the function of a mapping that is read or tagged",
  },
  {
    Sid: "Tasks",
    Action: verbs(
      "ecs",
      `CreateCluster CreateService DeleteCluster DeleteService DescribeClusters DescribeServiceDeployments DescribeServices
      ListServiceDeployments ListTagsForResource PutClusterCapacityProviders TagResource UntagResource UpdateCluster
      UpdateClusterSettings UpdateService`,
    ),
    Resource: [arn("ecs", `*/${NAME}`)],
    why: "the stage's cluster, service and task definition by their names; no task is run or entered",
  },
  {
    Sid: "TaskDefinitions",
    Action: verbs(
      "ecs",
      "DeregisterTaskDefinition DescribeCapacityProviders DescribeTaskDefinition RegisterTaskDefinition",
    ),
    Resource: ["*"],
    Condition: HERE,
    why: "know no resources",
  },
  {
    Sid: "Scaling",
    Action: verbs(
      "application-autoscaling",
      `DeleteScalingPolicy DeregisterScalableTarget DescribeScalableTargets DescribeScalingPolicies ListTagsForResource
      PutScalingPolicy RegisterScalableTarget TagResource UntagResource`,
    ),
    Resource: ["*"],
    Condition: HERE,
    why: "targets have ids of AWS's own",
  },
];

const BOUNDED = {
  "Fn::If": [
    "HasBoundary",
    { StringEquals: { "iam:PermissionsBoundary": "<Boundary>" } },
    { Ref: "AWS::NoValue" },
  ],
};
const ROLES = global("iam", `role/<RolePrefix>${NAME}`);

const IDENTITY: readonly Statement[] = [
  {
    Sid: "Roles",
    Action: verbs(
      "iam",
      `DeleteRole DeleteRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole
      ListRolePolicies ListRoleTags TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription`,
    ),
    Resource: [ROLES],
    why: "the stage's roles by their names",
  },
  {
    Sid: "WriteRoles",
    Action: verbs("iam", "CreateRole PutRolePermissionsBoundary PutRolePolicy"),
    Resource: [ROLES],
    Condition: BOUNDED,
    why: "with the parameter `Boundary` only roles that have this permissions boundary. Without it, whoever has this role can write another role that may do anything",
  },
  {
    Sid: "AttachToRoles",
    Action: verbs("iam", "AttachRolePolicy DetachRolePolicy"),
    Resource: [ROLES],
    Condition: { ArnEquals: { "iam:PolicyARN": [...MANAGED.keys()] } },
    why: "two policies of AWS's own, and no other",
  },
  {
    Sid: "PassRoles",
    Action: ["iam:PassRole"],
    Resource: [ROLES],
    Condition: {
      StringEquals: {
        "iam:PassedToService": [
          "ecs-tasks.amazonaws.com",
          "lambda.amazonaws.com",
          "s3.amazonaws.com",
          "scheduler.amazonaws.com",
        ],
      },
    },
    why: "the stage's roles, to the four services that take them",
  },
  {
    Sid: "ServiceRoles",
    Action: ["iam:CreateServiceLinkedRole"],
    Resource: [global("iam", "role/aws-service-role/*")],
    Condition: {
      StringEquals: {
        "iam:AWSServiceName": ["ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com"],
      },
    },
    why: "once an account",
  },
  {
    Sid: "PoliciesForPeople",
    Action: verbs(
      "iam",
      `CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion ListEntitiesForPolicy
      ListPolicyVersions TagPolicy UntagPolicy`,
    ),
    Resource: [global("iam", `policy/<RolePrefix>${NAME}`)],
    why: "the stage's policies by their names; they are attached to nobody",
  },
];

const NETWORK: readonly Statement[] = [
  {
    Sid: "LookAtNetworks",
    Action: verbs(
      "ec2",
      `DescribeAvailabilityZones DescribeInternetGateways DescribeNetworkAcls DescribeNetworkInterfaces DescribePrefixLists
      DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeVpcAttribute
      DescribeVpcEndpoints DescribeVpcs`,
    ),
    Resource: ["*"],
    Condition: HERE,
    why: "know no resources",
  },
  {
    Sid: "NewNetworks",
    Action: verbs(
      "ec2",
      "CreateInternetGateway CreateRouteTable CreateSecurityGroup CreateSubnet CreateVpc CreateVpcEndpoint",
    ),
    Resource: [arn("ec2", "*")],
    why: "what is not there yet has no tag; a security group may be made in a VPC of others",
  },
  {
    Sid: "TagNewNetworks",
    Action: ["ec2:CreateTags"],
    Resource: [arn("ec2", "*")],
    Condition: {
      StringEquals: {
        "ec2:CreateAction": [
          "CreateInternetGateway",
          "CreateRouteTable",
          "CreateSecurityGroup",
          "CreateSubnet",
          "CreateVpc",
          "CreateVpcEndpoint",
        ],
      },
    },
    why: "at creation alone, so that nothing of others is given the tags",
  },
  {
    Sid: "Networks",
    Action: verbs(
      "ec2",
      `AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateRoute
      CreateTags DeleteInternetGateway DeleteRoute DeleteRouteTable DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc
      DeleteVpcEndpoints DetachInternetGateway DisassociateRouteTable ModifySubnetAttribute ModifyVpcAttribute
      ModifyVpcEndpoint ReplaceRoute ReplaceRouteTableAssociation RevokeSecurityGroupEgress RevokeSecurityGroupIngress
      UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress`,
    ),
    Resource: [arn("ec2", "*")],
    Condition: OWN_TAGS,
    why: "networks have ids of AWS's own: those that carry the app's and the stage's tag",
  },
];

const WATCH: readonly Statement[] = [
  {
    Sid: "Alarms",
    Action: verbs(
      "cloudwatch",
      `DeleteAlarms DeleteDashboards GetDashboard ListTagsForResource PutDashboard PutMetricAlarm TagResource
      UntagResource`,
    ),
    Resource: [arn("cloudwatch", `alarm:${NAME}`), global("cloudwatch", `dashboard/${NAME}`)],
    why: "the stage's alarms and dashboard by their names",
  },
  {
    Sid: "LookAtAlarmsAndLogs",
    Action: ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups"],
    Resource: ["*"],
    Condition: HERE,
    why: "lists know no resources",
  },
  {
    Sid: "Logs",
    Action: verbs(
      "logs",
      "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy ListTagsForResource PutRetentionPolicy TagResource UntagResource",
    ),
    Resource: [
      arn("logs", `log-group:/aws/lambda/${NAME}`),
      arn("logs", `log-group:/sst/cluster/${NAME}`),
    ],
    why: "the stage's log groups by their names; no line is read",
  },
  {
    Sid: "Rules",
    Action: verbs(
      "events",
      `DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets TagResource
      UntagResource`,
    ),
    Resource: [arn("events", `rule/${NAME}`)],
    why: "the stage's rules by their names",
  },
  {
    Sid: "Schedules",
    Action: verbs("scheduler", "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule"),
    Resource: [arn("scheduler", `schedule/default/${NAME}`)],
    why: "the stage's schedules by their names",
  },
  {
    Sid: "Topic",
    Action: verbs(
      "sns",
      `CreateTopic DeleteTopic GetSubscriptionAttributes GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource
      SetSubscriptionAttributes SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource`,
    ),
    Resource: [arn("sns", NAME)],
    why: "the stage's topic by its name; nothing is published",
  },
  {
    Sid: "Budget",
    Action: verbs(
      "budgets",
      "ListTagsForResource ModifyBudget TagResource UntagResource ViewBudget",
    ),
    Resource: [global("budgets", `budget/${NAME}`)],
    why: "the stage's budget by its name",
  },
];

const inUsEast1 = (service: string, rest: string) =>
  `arn:<AWS::Partition>:${service}:us-east-1:<AWS::AccountId>:${rest}`;
const IN_US_EAST_1 = { StringEquals: { "aws:RequestedRegion": "us-east-1" } };

const DELIVERY: readonly Statement[] = [
  {
    Sid: "EdgeFunctions",
    Action: verbs(
      "cloudfront",
      `CreateFunction DeleteFunction DescribeFunction GetFunction ListTagsForResource PublishFunction TagResource
      UntagResource UpdateFunction`,
    ),
    Resource: [global("cloudfront", `function/${NAME}`)],
    why: "the stage's functions at the edge by their names",
  },
  {
    Sid: "NewDistributions",
    Action: verbs("cloudfront", "CreateDistribution CreateDistributionWithTags TagResource"),
    Resource: [global("cloudfront", "distribution/*")],
    Condition: { StringEquals: { "aws:RequestTag/sst:app": "<App>" } },
    why: "a distribution that is not there yet has no id: it must be given the app's tag",
  },
  {
    Sid: "Distributions",
    Action: verbs(
      "cloudfront",
      `AllowVendedLogDeliveryForResource CreateMonitoringSubscription DeleteDistribution DeleteMonitoringSubscription
      GetDistribution GetDistributionConfig GetMonitoringSubscription ListTagsForResource UntagResource
      UpdateDistribution`,
    ),
    Resource: [global("cloudfront", "distribution/*")],
    Condition: OWN_TAGS,
    why: "distributions have ids of AWS's own: those that carry the app's and the stage's tag",
  },
  {
    Sid: "DeliveryPolicies",
    Action: verbs(
      "cloudfront",
      `CreateCachePolicy CreateOriginAccessControl CreateResponseHeadersPolicy DeleteCachePolicy DeleteOriginAccessControl
      DeleteResponseHeadersPolicy GetCachePolicy GetOriginAccessControl GetResponseHeadersPolicy UpdateCachePolicy
      UpdateOriginAccessControl UpdateResponseHeadersPolicy`,
    ),
    Resource: [
      global("cloudfront", "cache-policy/*"),
      global("cloudfront", "origin-access-control/*"),
      global("cloudfront", "response-headers-policy/*"),
    ],
    why: "have ids of AWS's own and no tags; they hold no data",
  },
  {
    Sid: "Certificates",
    Action: verbs(
      "acm",
      `AddTagsToCertificate DeleteCertificate DescribeCertificate ListCertificates ListTagsForCertificate
      RemoveTagsFromCertificate RequestCertificate UpdateCertificateOptions`,
    ),
    Resource: ["*"],
    Condition: IN_US_EAST_1,
    why: "with `delivery.domain`: certificates have ids of AWS's own",
  },
  {
    Sid: "Records",
    Action: verbs(
      "route53",
      "ChangeResourceRecordSets GetChange GetHostedZone ListHostedZones ListResourceRecordSets",
    ),
    Resource: ["*"],
    why: "with `delivery.domain`: the zone is found by its name; leave this out with `route53: false`",
  },
  {
    Sid: "RateLimit",
    Action: verbs(
      "wafv2",
      `CreateWebACL DeleteWebACL GetWebACL ListTagsForResource TagResource UntagResource UpdateWebACL`,
    ),
    Resource: [inUsEast1("wafv2", `global/webacl/${NAME}`)],
    why: "with `delivery.requestsPer5Minutes`: the stage's web ACL by its name",
  },
  {
    Sid: "AccessLogs",
    Action: verbs(
      "logs",
      `AllowVendedLogDeliveryForResource CreateDelivery DeleteDelivery DeleteDeliveryDestination DeleteDeliverySource
      DescribeDeliveries GetDelivery GetDeliveryDestination GetDeliverySource ListTagsForResource PutDeliveryDestination
      PutDeliverySource TagResource UntagResource UpdateDeliveryConfiguration`,
    ),
    Resource: ["*"],
    Condition: IN_US_EAST_1,
    why: "with `delivery.accessLogs`: deliveries have ids of AWS's own",
  },
  {
    Sid: "EdgeAlarms",
    Action: [
      ...verbs(
        "cloudwatch",
        "DeleteAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource",
      ),
      ...verbs(
        "sns",
        `CreateTopic DeleteTopic GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource SetTopicAttributes
        Subscribe TagResource UntagResource`,
      ),
    ],
    Resource: [inUsEast1("cloudwatch", `alarm:${NAME}`), inUsEast1("sns", NAME)],
    why: "CloudFront has its metrics in us-east-1, and an alarm notifies a topic of its own region",
  },
  {
    Sid: "LookAtEdgeAlarms",
    Action: [
      "cloudwatch:DescribeAlarms",
      ...verbs("sns", "GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe"),
    ],
    Resource: ["*"],
    Condition: IN_US_EAST_1,
    why: "lists and subscriptions have no names",
  },
];

/** By the parameter of the template with which a role has it; "": every role has it. */
export const POLICIES = {
  State: { statements: STATE, onlyIf: "" },
  Data: { statements: DATA, onlyIf: "" },
  Removal: { statements: REMOVAL, onlyIf: "ThrownAway" },
  Programs: { statements: PROGRAMS, onlyIf: "" },
  Identity: { statements: IDENTITY, onlyIf: "" },
  Network: { statements: NETWORK, onlyIf: "" },
  Watch: { statements: WATCH, onlyIf: "" },
  Delivery: { statements: DELIVERY, onlyIf: "" },
  ForeignSource: {
    statements: [
      {
        Sid: "NotificationOfASource",
        Action: verbs("s3", "GetBucketNotification PutBucketNotification"),
        Resource: [bucket("<SourceBucket>")],
        why: 'a bucket that is there, with `notifications: "replace"`',
      },
    ],
    onlyIf: "HasSourceBucket",
  },
} as const satisfies Record<string, { statements: readonly Statement[]; onlyIf: string }>;
