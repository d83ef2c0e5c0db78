import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "../read.ts";
import type { Graph, Json, Resource } from "../resource.ts";
import type { Rule } from "./rule.ts";

const DAY = 86_400;

/** The queue of the sources whose renditions caches should forget. */
const INVALIDATIONS = "InvalidationsQueue";
/** Those whose messages wait for a service of AWS, whose outage is longer than five receives. */
const PATIENT = [INVALIDATIONS, "CatalogQueue"];

interface Lane {
  readonly queue: Resource;
  readonly dlq: Resource | undefined;
  readonly receives: number;
}

function queues(graph: Graph): Resource[] {
  return all(graph, "sqs/queue:Queue");
}

function lanes(graph: Graph): Lane[] {
  return queues(graph).flatMap((queue) => {
    const redrive = jsonAt(queue.inputs, "redrivePolicy");
    if (redrive === null) return [];
    const name = textAt(redrive, "deadLetterTargetArn").split(":").at(-1);
    const dlq = queues(graph).find(({ inputs }) => inputs["name"] === name);
    return [{ queue, dlq, receives: numberAt(redrive, "maxReceiveCount") }];
  });
}

export function deadLetterQueues(graph: Graph): Resource[] {
  return lanes(graph).flatMap(({ dlq }) => dlq ?? []);
}

export function policyOf(graph: Graph, queue: Resource): Json[] {
  const url = textAt(queue.inputs, "name");
  const policies = all(graph, "sqs/queuePolicy:QueuePolicy").filter(({ inputs }) =>
    textAt(inputs, "queueUrl").endsWith(`/${url}`),
  );
  return policies.flatMap(({ inputs }) => listAt(jsonAt(inputs, "policy"), "Statement"));
}

export const everyQueueEndsInADeadLetterQueue: Rule = (graph) => {
  const dlq = deadLetterQueues(graph);
  return [
    ...(lanes(graph).length < 2 ? ["there are fewer than two lanes"] : []),
    ...queues(graph)
      .filter((queue) => !dlq.includes(queue))
      .filter((queue) => !lanes(graph).some((lane) => lane.queue === queue && lane.dlq))
      .map(({ name }) => `${name} has no dead-letter queue`),
    ...lanes(graph).flatMap(({ queue, receives }) => {
      const expected = PATIENT.includes(queue.name) ? 20 : 5;
      return receives === expected
        ? []
        : [`${queue.name} gives up after ${receives} receives, not ${expected}`];
    }),
  ];
};

export const lanesShareNoDeadLetterQueue: Rule = (graph) => {
  const names = deadLetterQueues(graph).map(({ name }) => name);
  return names
    .filter((name, n) => names.indexOf(name) !== n)
    .map((name) => `${name} serves two lanes`);
};

export const deadLetterQueuesAcceptTheirOwnLane: Rule = (graph) =>
  lanes(graph).flatMap(({ queue, dlq }) => {
    const allow = all(graph, "sqs/redriveAllowPolicy:RedriveAllowPolicy").find(({ inputs }) =>
      textAt(inputs, "queueUrl").endsWith(`/${textAt(dlq?.inputs, "name")}`),
    );
    const policy = jsonAt(allow?.inputs, "redriveAllowPolicy");
    const sources = texts(at(policy, "sourceQueueArns"));
    const name = textAt(queue.inputs, "name");
    const right = sources.length === 1 && sources[0]?.endsWith(`:${name}`);
    return right && textAt(policy, "redrivePermission") === "byQueue"
      ? []
      : [`${dlq?.name ?? "no queue"} accepts dead letters from other queues than ${queue.name}`];
  });

export const deadLettersAreRetainedLonger: Rule = (graph) =>
  lanes(graph).flatMap(({ queue, dlq }) => {
    const [lane, dead] = [queue, dlq].map((each) =>
      numberAt(each?.inputs, "messageRetentionSeconds"),
    );
    return [
      ...(lane === 4 * DAY ? [] : [`${queue.name} retains messages for ${lane} s, not 4 days`]),
      ...(dead === 14 * DAY
        ? []
        : [`${dlq?.name} retains dead letters for ${dead} s, not 14 days`]),
    ];
  });

export const queuesAreEncryptedAndRequireTls: Rule = (graph) =>
  queues(graph).flatMap((queue) => [
    ...(queue.inputs["sqsManagedSseEnabled"] === true ? [] : [`${queue.name} is not encrypted`]),
    ...(policyOf(graph, queue).some(deniesPlainHttp)
      ? []
      : [`${queue.name} may be used without TLS`]),
  ]);

/** A statement that permits an AWS service names the resource and the account. */
export const servicesArePermittedForOneResource: Rule = (graph) =>
  queues(graph).flatMap((queue) =>
    policyOf(graph, queue)
      .filter((statement) => textAt(statement, "Effect") === "Allow")
      .flatMap((statement) => {
        const variables = listAt(statement, "Condition").map((each) => textAt(each, "variable"));
        return ["aws:SourceArn", "aws:SourceAccount"]
          .filter((variable) => !variables.includes(variable))
          .map((variable) => `${queue.name} permits a service without ${variable}`);
      }),
  );

/** An invalidation follows what was in progress: a delivery, and 15 s later a write that it gave up. */
export const invalidationsWaitForWrites: Rule = (graph) => {
  const deliver = all(graph, "lambda/function:Function").find(
    ({ name }) => name === "DeliverFunction",
  );
  const least = numberAt(deliver?.inputs, "timeout") + 15;
  return queues(graph)
    .filter(({ name }) => name === INVALIDATIONS)
    .map(({ inputs }) => numberAt(inputs, "delaySeconds"))
    .filter((delay) => !(delay >= least))
    .map((delay) => `${INVALIDATIONS} delays messages by ${delay} s, not ${least} s`);
};

export function deniesPlainHttp(statement: Json): boolean {
  const [condition] = listAt(statement, "Condition");
  return (
    textAt(statement, "Effect") === "Deny" &&
    texts(at(statement, "Action")).some((action) => action.endsWith(":*")) &&
    textAt(condition, "variable") === "aws:SecureTransport" &&
    texts(at(condition, "values")).includes("false")
  );
}
