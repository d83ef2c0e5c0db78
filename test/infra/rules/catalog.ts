import { all, at, jsonAt, listAt, textAt, texts } from "../read.ts";
import type { Graph, Json, Resource } from "../resource.ts";
import { policyOf } from "./queues.ts";
import type { Rule } from "./rule.ts";
import { workerEnvironment } from "./worker.ts";

/** Whether the settings want a catalog: uploads have one too. */
function isWanted({ settings }: Graph): boolean {
  return at(settings, "catalog") === true || at(settings, "uploads.authorizer") !== undefined;
}

/** The key that the settings chose; "": none. */
function keyOf({ outputs }: Graph): string {
  return textAt(outputs, "keyArn");
}

/** It can be restored to any second, is not deleted by mistake, and is encrypted as the buckets are. */
export const theTableIsProtected: Rule = (graph) =>
  all(graph, "dynamodb/table:Table").flatMap(({ name, inputs, retainOnDelete }) => {
    const keeps = graph.app["removal"] !== "remove";
    const by = textAt(inputs, "serverSideEncryption.kmsKeyArn");
    return [
      ...(at(inputs, "pointInTimeRecovery.enabled") === true
        ? []
        : [`${name} cannot be restored to a point in time`]),
      ...(inputs["deletionProtectionEnabled"] === keeps && retainOnDelete === keeps
        ? []
        : [`${name} ${keeps ? "goes" : "stays"} with its stage`]),
      ...(by === keyOf(graph) ? [] : [`${name} is encrypted with "${by}", not "${keyOf(graph)}"`]),
      ...(inputs["billingMode"] === "PAY_PER_REQUEST" ? [] : [`${name} is paid for when idle`]),
      ...(textAt(inputs, "ttl.attributeName") === "expiresAt" && at(inputs, "ttl.enabled") === true
        ? []
        : [`${name} keeps uploads that never came`]),
    ];
  });

/** Anybody else's event would make the catalog look at what is not its own. */
export const onlyTheRenditionBucketSendsToTheCatalog: Rule = (graph) =>
  catalogQueues(graph).flatMap((queue) => {
    const allowed = policyOf(graph, queue).filter((each) => textAt(each, "Effect") === "Allow");
    const arn = `arn:aws:s3:::${textAt(graph.outputs, "renditionBucket")}`;
    return [
      ...(allowed.length === 1 ? [] : [`${queue.name} has ${allowed.length} senders, not 1`]),
      ...allowed
        .filter((each) => !isOfBucket(each, arn))
        .map(() => `${queue.name} accepts messages of others than S3 for ${arn}`),
    ];
  });

function isOfBucket(statement: Json, arn: string): boolean {
  const services = texts(at(statement, "Principal.0.identifiers"));
  const sources = listAt(statement, "Condition")
    .filter((each) => textAt(each, "variable") === "aws:SourceArn")
    .flatMap((each) => texts(at(each, "values")));
  return services.join() === "s3.amazonaws.com" && sources.join() === arn;
}

function catalogQueues(graph: Graph): Resource[] {
  return all(graph, "sqs/queue:Queue").filter(({ name }) => name === "CatalogQueue");
}

/** An event of any other object would start what wrote it again, or be looked up in vain. */
export const theRenditionBucketSendsManifestsAlone: Rule = (graph) =>
  all(graph, "s3/bucketNotification:BucketNotification")
    .filter(({ inputs }) => textAt(inputs, "bucket") !== textAt(graph.outputs, "sourceBucket"))
    .flatMap(({ name, inputs }) =>
      listAt(inputs, "queues")
        .filter(
          (each) =>
            !/(^|\/)manifests\/$/.test(textAt(each, "filterPrefix")) ||
            texts(at(each, "events")).join() !== "s3:ObjectCreated:*" ||
            !catalogQueues(graph).some((queue) =>
              textAt(each, "queueArn").endsWith(`:${textAt(queue.inputs, "name")}`),
            ),
        )
        .map(() => `${name} is of more than manifests for the catalog`),
    );

/** The alarm topics hold no personal data, and AWS's services could not publish to an encrypted one. */
export const notificationsAreEncryptedAndRequireTls: Rule = (graph) =>
  all(graph, "sns/topic:Topic")
    .filter(({ name }) => name === "Notifications")
    .flatMap(({ name, inputs }) => {
      const key = textAt(inputs, "kmsMasterKeyId");
      const expected = keyOf(graph) || "alias/aws/sns";
      const policy = all(graph, "sns/topicPolicy:TopicPolicy").find((each) =>
        textAt(each.inputs, "arn").endsWith(`:${textAt(inputs, "name")}`),
      );
      const statements = listAt(jsonAt(policy?.inputs, "policy"), "Statement");
      const isTlsOnly = statements.some(
        (each) =>
          textAt(each, "Effect") === "Deny" &&
          textAt(each, "Condition.0.variable") === "aws:SecureTransport" &&
          texts(at(each, "Condition.0.values")).join() === "false",
      );
      return [
        ...(key === expected ? [] : [`${name} is encrypted with "${key}", not ${expected}`]),
        ...(isTlsOnly ? [] : [`${name} may be published to without TLS`]),
        ...(statements.some((each) => textAt(each, "Effect") === "Allow")
          ? [`${name} lets others publish than who the account allows`]
          : []),
      ];
    });

/** Where one part is missing, items differ from their manifests, or nobody is notified of it. */
export const theCatalogIsWholeOrAbsent: Rule = (graph) => {
  const has = (type: string, name: string) =>
    all(graph, type).some((resource) => resource.name === name);
  const alarmed = (name: string) => has("cloudwatch/metricAlarm:MetricAlarm", name);
  const consume = all(graph, "lambda/function:Function").find(
    ({ name }) => name === "ConsumeFunction",
  );
  const url = "environment.variables.IMAGEFLEET_CATALOG_QUEUE_URL";
  const wanted = isWanted(graph);
  const hasOwnTopic = wanted && at(graph.settings, "notifications.topicArn") === undefined;
  const isByHand = at(graph.settings, "renditions.notifications") === "by-hand";
  const parts: readonly (readonly [string, boolean, boolean])[] = [
    ["a table", has("dynamodb/table:Table", "ImagesTable"), wanted],
    ["a queue", has("sqs/queue:Queue", "CatalogQueue"), wanted],
    ["a function", has("lambda/function:Function", "ProjectorFunction"), wanted],
    ["a mapping", has("lambda/eventSourceMapping:EventSourceMapping", "ProjectorMapping"), wanted],
    [
      "a notification",
      has("s3/bucketNotification:BucketNotification", "RenditionsNotification"),
      wanted && !isByHand,
    ],
    ["a topic", has("sns/topic:Topic", "Notifications"), hasOwnTopic],
    ["a sender in the small lane", textAt(consume?.inputs, url) !== "", wanted],
    ...(graph.dev
      ? []
      : ([
          [
            "a sender in the large lane",
            workerEnvironment(graph)["IMAGEFLEET_CATALOG_QUEUE_URL"] !== undefined,
            wanted,
          ],
          ["an alarm of its age", alarmed("CatalogAge"), wanted],
          ["an alarm of its dead letters", alarmed("CatalogDeadLetters"), wanted],
          ["an alarm of a throttled table", alarmed("TableThrottles"), wanted],
          ["an alarm of a failing table", alarmed("TableErrors"), wanted],
          ["an alarm of failed deliveries", alarmed("NotificationsFailed"), hasOwnTopic],
        ] as const)),
  ];
  return parts
    .filter(([, isThere, shouldBe]) => isThere !== shouldBe)
    .map(([what, isThere]) => `${what} is ${isThere ? "there, and not wanted" : "missing"}`);
};
