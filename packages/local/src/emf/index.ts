export { type Sample, samplesOf, sums } from "./emf.ts";
