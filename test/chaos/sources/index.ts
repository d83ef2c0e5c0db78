export type { Rgb } from "./color.ts";
export {
  BYTE_GATE,
  bytesOf,
  type Content,
  MOST_PIXELS,
  manifestKey,
  REJECTED,
  renditionKeys,
} from "./content.ts";
export { type Operation, RACE_FOLDER, script } from "./script.ts";
