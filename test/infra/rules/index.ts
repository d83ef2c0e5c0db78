import recipe from "@imagefleet/workspace/recipe";
import type { Graph } from "../resource.ts";
import * as access from "./access.ts";
import * as alarms from "./alarms.ts";
import * as buckets from "./buckets.ts";
import * as dashboard from "./dashboard.ts";
import * as deployRole from "./deploy-role.ts";
import * as fn from "./function.ts";
import * as permissions from "./permissions.ts";
import * as queues from "./queues.ts";
import type { Rule } from "./rule.ts";
import * as stage from "./stage.ts";
import * as worker from "./worker.ts";

/** What holds in every graph, whatever the stage and the settings. */
export const RULES: Readonly<Record<string, Rule>> = {
  "every queue ends in a dead-letter queue": queues.everyQueueEndsInADeadLetterQueue,
  "no two lanes share one": queues.lanesShareNoDeadLetterQueue,
  "dead letters come from their lane alone": queues.deadLetterQueuesAcceptTheirOwnLane,
  "the dead are kept longer": queues.deadLettersAreRetainedLonger,
  "queues are encrypted and speak TLS": queues.queuesAreEncryptedAndSpeakTls,
  "services are let in for one resource": queues.servicesAreLetInForOneResource,
  "no bucket is public": buckets.nothingIsPublic,
  "buckets speak TLS": buckets.bucketsSpeakTls,
  "buckets are encrypted": buckets.bucketsAreEncrypted,
  "abandoned uploads go": buckets.abandonedUploadsGo,
  "renditions start nothing": buckets.renditionBucketsSendNoEvents,
  "kept buckets keep their parts": buckets.retainedBucketsKeepTheirParts,
  "production keeps its buckets": buckets.productionKeepsItsBuckets,
  "nothing is allowed on everything": access.nothingIsAllowedOnEverything,
  "managed policies are known": access.managedPoliciesAreKnown,
  "no policy lets everybody in": access.nobodyIsAPrincipal,
  "every role is known": permissions.everyRoleIsKnown,
  "what is called is allowed": permissions.whatIsCalledIsAllowed,
  "what is allowed is called": permissions.whatIsAllowedIsCalled,
  "reasons are needed": permissions.reasonsAreNeeded,
  "the deploy role may make it": deployRole.theDeployRoleMayMakeIt,
  "visibility covers the function": fn.visibilityCoversTheFunction,
  "batches answer in part": fn.batchesAnswerInPart,
  "concurrency is the mapping's": fn.concurrencyIsTheMappings,
  "sharp fits the processor": fn.sharpFitsTheProcessor,
  "the decoder is brought along": fn.theDecoderIsBroughtAlong,
  "handlers are there": fn.handlersAreThere,
  "a stop has the time it needs": worker.aStopHasTheTimeItNeeds,
  "the lease is the queue's": worker.theLeaseIsTheQueues,
  "the worker is shut in": worker.theWorkerIsShutIn,
  "the worker reaches AWS": worker.theWorkerReachesAws,
  "the health check is there": worker.theHealthCheckIsThere,
  "scaling counts what is in hand": worker.scalingCountsWhatIsInHand,
  "a container knows its memory": worker.aContainerKnowsItsMemory,
  "deployments take no task on top": worker.deploymentsTakeNoTaskOnTop,
  "tasks have capacity": worker.tasksHaveCapacity,
  "failures of tasks are told": worker.taskFailuresAreReported,
  "the disk holds the largest source": worker.theDiskHoldsTheLargestSource(recipe.limits.bytes),
  "every dead-letter queue has its alarms": alarms.everyDeadLetterQueueHasItsAlarms,
  "alarms fill nothing in": alarms.nothingIsFilledIn,
  "alarms are heard, and measure something": alarms.alarmsAreHeardAndMeasureSomething,
  "the topic takes alarms": alarms.theTopicTakesAlarms,
  "budgets tell somebody": alarms.budgetsNotifySomebody,
  "what is drawn is there": dashboard.whatIsDrawnIsThere,
  "names say app and stage": stage.namesContainAppAndStage,
  "everything is tagged": stage.everythingIsTagged,
  "production is protected": stage.productionIsProtected,
  "logs end": stage.logsEnd,
};

/** Every rule that a graph breaks, with how. */
export function brokenRules(graph: Graph): string[] {
  return Object.entries(RULES).flatMap(([name, rule]) =>
    rule(graph).map((fault) => `${name}: ${fault}`),
  );
}
