export {
  createResources,
  LOCAL_CREDENTIALS,
  laneUrl,
  MAX_RECEIVES,
  REGION,
  type Resources,
} from "./resources.ts";
