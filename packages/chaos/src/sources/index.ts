export {
  BYTE_GATE,
  bytesOf,
  type Content,
  type Kind,
  MOST_PIXELS,
  manifestKey,
  REJECTED,
  type Rgb,
  renditionKeys,
} from "./content.ts";
export { type Operation, script } from "./script.ts";
