export type { Rgb } from "./colour.ts";
export {
  BYTE_GATE,
  bytesOf,
  type Content,
  MOST_PIXELS,
  manifestKey,
  REJECTED,
  renditionKeys,
} from "./content.ts";
export { type Operation, script } from "./script.ts";
