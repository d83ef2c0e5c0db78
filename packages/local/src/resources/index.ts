export {
  createResources,
  LOCAL_CREDENTIALS,
  MAX_RECEIVES,
  REGION,
  type Resources,
} from "./resources.ts";
