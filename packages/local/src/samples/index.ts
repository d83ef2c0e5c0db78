export { generateSamples } from "./generate.ts";
export { seeded } from "./scenes.ts";
export { type TiffPage, writeTiff } from "./tiff.ts";
