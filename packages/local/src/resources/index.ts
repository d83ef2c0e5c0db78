export {
  createResources,
  LOCAL_CREDENTIALS,
  laneUrl,
  MAX_RECEIVES,
  PROGRAM_CREDENTIALS,
  queueName,
  REGION,
  RENDITION_BUCKET,
  type Resources,
  SOURCE_BUCKET,
} from "./resources.ts";
