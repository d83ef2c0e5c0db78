import recipe from "@imagefleet/workspace/recipe";
import type { Graph } from "../resource.ts";
import * as access from "./access.ts";
import * as alarms from "./alarms.ts";
import * as buckets from "./buckets.ts";
import * as catalog from "./catalog.ts";
import * as dashboard from "./dashboard.ts";
import * as delivery from "./delivery.ts";
import * as deployRole from "./deploy-role.ts";
import * as fn from "./function.ts";
import * as permissions from "./permissions.ts";
import * as queues from "./queues.ts";
import type { Rule } from "./rule.ts";
import * as stage from "./stage.ts";
import * as uploads from "./uploads.ts";
import * as worker from "./worker.ts";

/** The rules of every graph, for all stages and settings. */
export const RULES: Readonly<Record<string, Rule>> = {
  "every queue ends in a dead-letter queue": queues.everyQueueEndsInADeadLetterQueue,
  "no two lanes share a dead-letter queue": queues.lanesShareNoDeadLetterQueue,
  "dead-letter queues accept only their own lane": queues.deadLetterQueuesAcceptTheirOwnLane,
  "dead letters are retained longer": queues.deadLettersAreRetainedLonger,
  "queues are encrypted and require TLS": queues.queuesAreEncryptedAndRequireTls,
  "services are permitted for one resource": queues.servicesArePermittedForOneResource,
  "invalidations wait for writes": queues.invalidationsWaitForWrites,
  "no bucket is public": buckets.nothingIsPublic,
  "buckets require TLS": buckets.bucketsRequireTls,
  "buckets are encrypted": buckets.bucketsAreEncrypted,
  "abandoned uploads expire": buckets.abandonedUploadsExpire,
  "the rendition bucket sends manifests alone": catalog.theRenditionBucketSendsManifestsAlone,
  "retained buckets retain their parts": buckets.retainedBucketsKeepTheirParts,
  "production retains its buckets": buckets.productionKeepsItsBuckets,
  "nothing is allowed on everything": access.nothingIsAllowedOnEverything,
  "managed policies are known": access.managedPoliciesAreKnown,
  "no policy permits everybody": access.nobodyIsAPrincipal,
  "every role is known": permissions.everyRoleIsKnown,
  "every recorded call is allowed": permissions.recordedCallsAreAllowed,
  "every allowed action is called": permissions.allowedActionsAreCalled,
  "every reason is needed": permissions.everyReasonIsNeeded,
  "the deploy role may create every resource": deployRole.theDeployRoleMayCreateEveryResource,
  "the visibility timeout covers the function": fn.visibilityTimeoutCoversTheFunction,
  "batches are answered in part": fn.batchesAreAnsweredInPart,
  "the mapping limits concurrency": fn.theMappingLimitsConcurrency,
  "sharp fits the architecture": fn.sharpFitsTheArchitecture,
  "the transcode thread is beside the function": fn.theTranscodeThreadIsBesideTheFunction,
  "what renders nothing brings no codec": fn.whatRendersNothingBringsNoCodec,
  "every handler exists": fn.everyHandlerExists,
  "a stop has enough time": worker.aStopHasEnoughTime,
  "the lease is the queue's visibility timeout": worker.theLeaseIsTheVisibilityTimeout,
  "the worker accepts no connections": worker.theWorkerAcceptsNoConnections,
  "the worker reaches AWS": worker.theWorkerReachesAws,
  "the health check exists": worker.theHealthCheckExists,
  "scaling counts messages in flight": worker.scalingCountsMessagesInFlight,
  "a container has a memory limit": worker.aContainerHasAMemoryLimit,
  "a deployment starts no additional task": worker.aDeploymentStartsNoAdditionalTask,
  "tasks have a capacity provider": worker.tasksHaveACapacityProvider,
  "task failures are reported": worker.taskFailuresAreReported,
  "the disk has space for the largest source": worker.theDiskHasSpaceForTheLargestSource(
    recipe.limits.bytes,
  ),
  "only a missing key fails over": delivery.onlyAMissingKeyFailsOver,
  "one distribution reads renditions": delivery.onlyOneDistributionReads,
  "the distribution sees missing keys": delivery.theDistributionSeesMissingKeys,
  "function URLs are for one distribution": delivery.functionUrlsAreForOneDistribution,
  "the function invalidates its distribution": delivery.theFunctionInvalidatesItsDistribution,
  "invalidation is whole or absent": delivery.invalidationIsWholeOrAbsent,
  "errors end soon": delivery.errorsEndSoon,
  "a domain requires TLS 1.2": delivery.aDomainRequiresTls12,
  "both edge functions run": delivery.bothEdgeFunctionsRun,
  "negotiated answers vary": delivery.negotiatedAnswersVary,
  "signed sizes have their keys": delivery.signedSizesHaveTheirKeys,
  "the cache key is the rendition": delivery.theCacheKeyIsTheRendition,
  "origins are signed": delivery.originsAreSigned,
  "other regions have the app's configuration": delivery.otherRegionsHaveTheAppsConfiguration,
  "CloudFront's parts are in us-east-1": delivery.cloudFrontsPartsAreInUsEast1,
  "CloudFront waits for the function": delivery.cloudFrontWaitsForTheFunction,
  "the table is protected": catalog.theTableIsProtected,
  "only the rendition bucket sends to the catalog": catalog.onlyTheRenditionBucketSendsToTheCatalog,
  "notifications are encrypted and require TLS": catalog.notificationsAreEncryptedAndRequireTls,
  "the catalog is whole or absent": catalog.theCatalogIsWholeOrAbsent,
  "every route has an authorizer": uploads.everyRouteHasAnAuthorizer,
  "pages of named origins call the API": uploads.pagesOfNamedOriginsCallTheApi,
  "the API is throttled": uploads.theApiIsThrottled,
  "signed uploads reach uploads alone": uploads.signedUploadsReachUploadsAlone,
  "old signatures are refused": uploads.oldSignaturesAreRefused,
  "uploads are whole or absent": uploads.uploadsAreWholeOrAbsent,
  "every dead-letter queue has its alarms": alarms.everyDeadLetterQueueHasItsAlarms,
  "no alarm uses FILL": alarms.noAlarmUsesFill,
  "every alarm notifies, and its metrics exist": alarms.alarmsNotifyAndMetricsExist,
  "the alarm topic accepts its senders": alarms.theTopicAcceptsItsSenders,
  "every budget notifies": alarms.budgetsNotifySomebody,
  "every graph has an existing metric": dashboard.everyGraphHasAnExistingMetric,
  "names contain app and stage": stage.namesContainAppAndStage,
  "everything is tagged": stage.everythingIsTagged,
  "production is protected": stage.productionIsProtected,
  "logs expire": stage.logsExpire,
};

/** A line for each violation of a rule. */
export function brokenRules(graph: Graph): string[] {
  return Object.entries(RULES).flatMap(([name, rule]) =>
    rule(graph).map((fault) => `${name}: ${fault}`),
  );
}
