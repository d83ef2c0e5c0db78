/** One thing that somebody might break, and what must then be said. */
export interface Mutant {
  readonly what: string;
  /** In infra/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Among what the rules and the written-down numbers say of the graph. */
  readonly fault: RegExp;
}

export const MUTANTS: readonly Mutant[] = [
  {
    what: "partial batch responses",
    file: "intake.ts",
    from: 'functionResponseTypes: ["ReportBatchItemFailures"],',
    to: "",
    fault: /batches answer in part: ConsumeMapping/,
  },
  {
    what: "batch size",
    file: "numbers.ts",
    from: "batchSize: 10",
    to: "batchSize: 9",
    fault: /ConsumeMapping: batchSize is 9, not 10/,
  },
  {
    what: "a lane without a dead-letter queue",
    file: "queues.ts",
    from: "redrivePolicy: $jsonStringify",
    to: 'redrivePolicy: name === "Large" ? undefined : $jsonStringify',
    fault: /every queue ends in a dead-letter queue: LargeQueue has no/,
  },
  {
    what: "who may redrive",
    file: "queues.ts",
    from: 'redrivePermission: "byQueue"',
    to: 'redrivePermission: "allowAll"',
    fault: /dead letters come from their lane alone: SmallDlqQueue/,
  },
  {
    what: "an alarm's metric",
    file: "alarms.ts",
    from: '"ApproximateAgeOfOldestMessage"',
    to: '"ApproximateAgeOfOldestMessages"',
    fault: /alarms are heard, and measure something: SmallAge measures AWS\/SQS/,
  },
  {
    what: "the alarm of a dead-letter queue's growth",
    file: "alarms.ts",
    from: 'expression: "DIFF(waiting + inHand)"',
    to: 'expression: "waiting + inHand"',
    fault: /every dead-letter queue has its alarms: SmallDlqQueue has no alarm of its growth/,
  },
  {
    what: "an alarm that tells nobody",
    file: "alarm.ts",
    from: "alarmActions: [alarmTopic]",
    to: 'alarmActions: name === "ConsumeErrors" ? [] : [alarmTopic]',
    fault: /alarms are heard, and measure something: ConsumeErrors tells nobody/,
  },
  {
    what: "visibility against the function's timeout",
    file: "numbers.ts",
    from: "visibilityPerTimeout: 6",
    to: "visibilityPerTimeout: 5",
    fault: /visibility covers the function: ConsumeMapping: visibility 600 s/,
  },
  {
    what: "retention of the dead",
    file: "numbers.ts",
    from: "letterRetentionSeconds: 14 * DAY",
    to: "letterRetentionSeconds: 4 * DAY",
    fault: /the dead are kept longer: SmallDlqQueue keeps letters 345600 s/,
  },
  {
    what: "TLS to the buckets",
    file: "storage.ts",
    from: "cors: false,",
    to: "cors: false, enforceHttps: false,",
    fault: /buckets speak TLS: arn:aws:s3:::imagefleet-production-sourcebucket/,
  },
  {
    what: "TLS to the queues",
    file: "queues.ts",
    from: 'variable: "aws:SecureTransport", values: ["false"]',
    to: 'variable: "aws:SecureTransport", values: ["true"]',
    fault: /queues are encrypted and speak TLS: SmallQueue may be/,
  },
  {
    what: "which bucket may send",
    file: "queues.ts",
    from: '{ test: "StringEquals", variable: "aws:SourceAccount", values: [account] },',
    to: "",
    fault: /services are let in for one resource: SmallQueue lets a service in without/,
  },
  {
    what: "a public bucket",
    file: "storage.ts",
    from: "transform: { bucket: { forceDestroy: !retained } },",
    to: "transform: { bucket: { forceDestroy: !retained }, publicAccessBlock: { blockPublicPolicy: false } },",
    fault: /no bucket is public: SourceBucket has no blockPublicPolicy/,
  },
  {
    what: "the function's processor",
    file: "intake.ts",
    from: 'architecture: "arm64"',
    to: 'architecture: "x86_64"',
    fault: /sharp fits the processor: Consume is for x86_64/,
  },
  {
    what: "sharp's version",
    file: "intake.ts",
    from: 'installedVersion("sharp")',
    to: '"0.34.0"',
    fault: /sharp fits the processor: Consume brings sharp 0\.34\.0/,
  },
  {
    what: "the decoder's thread",
    file: "intake.ts",
    from: "copyFiles: [await decoderThread()],",
    to: "",
    fault: /the decoder is brought along: Consume/,
  },
  {
    what: "a handler that is not there",
    file: "intake.ts",
    from: "consume/handler.handler",
    to: "consume/handler.handle",
    fault: /handlers are there: Consume/,
  },
  {
    what: "a permission for everything",
    file: "access.ts",
    from: "resources: [source.arn, renditions.arn] }",
    to: 'resources: ["*"] }',
    fault: /nothing is allowed on everything: ConsumeRole may s3:ListBucket\w* on \*/,
  },
  {
    what: "a grant that the programs need",
    file: "access.ts",
    from: 'actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]',
    to: 'actions: ["s3:GetObject", "s3:PutObject"]',
    fault:
      /what is called is allowed: the worker may not s3:DeleteObject renditions\/\*, which it needs for DeleteObject If-Match, DeleteObjects/,
  },
  {
    what: "a grant that the operator needs",
    file: "operator.ts",
    from: '{ actions: ["sqs:DeleteMessage"], resources: letters },',
    to: "",
    fault: /what is called is allowed: the operator may not sqs:DeleteMessage small-dlq/,
  },
  {
    what: "a grant that nobody uses",
    file: "fleet.ts",
    from: '"ecs:UpdateTaskProtection"',
    to: '"ecs:UpdateTaskProtection", "ecs:GetTaskProtection"',
    fault: /what is allowed is called: the worker may ecs:GetTaskProtection task, and never does/,
  },
  {
    what: "a viewer that changes something",
    file: "operator.ts",
    from: 'actions: ["s3:GetObject"]',
    to: 'actions: ["s3:GetObject", "s3:PutObject"]',
    fault: /what is allowed is called: the viewer may s3:PutObject source\/\*, and never does/,
  },
  {
    what: "a reason that is left over",
    file: "access.ts",
    from: 'actions: ["s3:ListBucket"]',
    to: 'actions: ["s3:ListBucketVersions"]',
    fault: /reasons are needed: the function needs no reason for s3:ListBucket source any more/,
  },
  {
    what: "a statement that denies",
    file: "access.ts",
    from: 'return { actions: ["sqs:SendMessage"], resources: [queue.arn] };',
    to: 'return { effect: "deny", actions: ["sqs:SendMessage"], resources: [queue.arn] };',
    fault: /what is allowed is called: the function may do what is not judged here: .*Deny/,
  },
  {
    what: "a role whose calls are not recorded",
    file: "operator.ts",
    from: "function policy(",
    to: 'new aws.iam.Role("Console", { assumeRolePolicy: "{}" });\nfunction policy(',
    fault: /every role is known: Console is nobody's whose calls are recorded/,
  },
  {
    what: "SST's secrets for the task",
    file: "fleet.ts",
    from: "role.inlinePolicies = [];",
    to: "",
    fault: /nothing is allowed on everything: WorkerExecutionRole may/,
  },
  {
    what: "scaling by what waits alone",
    file: "backlog.ts",
    from: 'metric("inHand", "ApproximateNumberOfMessagesNotVisible")',
    to: 'metric("inHand", "ApproximateNumberOfMessagesDelayed")',
    fault: /scaling counts what is in hand: LargeBacklog/,
  },
  {
    what: "the time that a stop has",
    file: "numbers.ts",
    from: "drainSeconds: 90",
    to: "drainSeconds: 110",
    fault: /a stop has the time it needs/,
  },
  {
    what: "buckets that go with production",
    file: "stage.ts",
    from: 'export const retained = $app.removal !== "remove";',
    to: "export const retained = false;",
    fault: /production keeps its buckets: SourceBucket is emptied/,
  },
];
