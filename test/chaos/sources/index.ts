export type { Rgb } from "./color.ts";
export {
  askableKeys,
  bytesOf,
  type Content,
  MOST_PIXELS,
  manifestKey,
  onRequestKeys,
  REJECTED,
  renditionKeys,
  SMALL_LANE_BYTES,
  sourceOfManifest,
} from "./content.ts";
export { type Operation, RACE_FOLDER, script } from "./script.ts";
