export { generateSamples } from "./generate.ts";
export { type TiffPage, writeTiff } from "./tiff.ts";
