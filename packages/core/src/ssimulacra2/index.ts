export { type RgbImage, Ssimulacra2 } from "./ssimulacra2.ts";
