export { addressPath } from "./address.ts";
export { type Area, areaPixels, sameArea } from "./area.ts";
export {
  becomesColor,
  isDeep,
  isDeepened,
  isMapped,
  needsPixels,
  transcodedBits,
} from "./bit-depth.ts";
export {
  type Chromaticity,
  type Colors,
  isProfiled,
  type Primaries,
  type Transfer,
} from "./colors.ts";
export { FUNCTION_BYTES, type FunctionMemory, functionMemory } from "./function-memory.ts";
export { type Geometry, geometryOf } from "./geometry.ts";
export {
  type KeyPattern,
  manifestKey,
  manifestPattern,
  renditionAt,
  renditionKey,
  renditionPatterns,
  sourceKeyOf,
  sourceOfManifest,
  sourceOfOutput,
  sourcePath,
} from "./key.ts";
export { laneByBytes, laneByCost, whyTooCostly } from "./lane.ts";
export type { Plan, RasterPlan, RenditionPlan } from "./plan.ts";
export { planRenditions, sizedRenditions } from "./plan-renditions.ts";
export { type Sized, sized } from "./responsive.ts";
export { bytesSaved, savedPercent } from "./saved.ts";
export {
  INPUT_FORMATS,
  INPUT_NAMES,
  type InputFormat,
  type Repacked,
  type SourceInfo,
} from "./source-info.ts";
