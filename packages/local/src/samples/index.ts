export { generateSamples } from "./generate.ts";
