export {
  createInvalidations,
  createResources,
  DISTRIBUTION_ID,
  laneUrl,
  MAX_RECEIVES,
  type QueuePair,
  queueName,
  REGION,
  RENDITION_BUCKET,
  type Resources,
  SOURCE_BUCKET,
} from "./resources.ts";
