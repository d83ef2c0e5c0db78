export {
  createResources,
  LOCAL_CREDENTIALS,
  laneUrl,
  MAX_RECEIVES,
  PROGRAM_CREDENTIALS,
  REGION,
  type Resources,
} from "./resources.ts";
