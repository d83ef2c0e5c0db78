export {
  createResources,
  laneUrl,
  MAX_RECEIVES,
  queueName,
  REGION,
  RENDITION_BUCKET,
  type Resources,
  SOURCE_BUCKET,
} from "./resources.ts";
