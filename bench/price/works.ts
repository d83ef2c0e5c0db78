/** The cost of a published design with three functions and Step Functions, without storage and delivery, USD per image. */
const STEP_FUNCTIONS_USD = 0.000725;

/** A workload to be priced. */
export interface Work {
  readonly name: string;
  readonly what: string;
  readonly recipe: URL;
  readonly photos: "12 MP" | "5 MB";
  /** The highest acceptable cost of an image, USD. */
  readonly barUsd?: number;
}

export const WORKS: readonly Work[] = [
  {
    name: "three sizes",
    what: "150, 400 and 800 px wide, JPEG, of a photo of 12 megapixels, 2 to 3 MB",
    recipe: new URL("recipes/three-sizes.ts", import.meta.url),
    photos: "12 MP",
    barUsd: 0.00003,
  },
  {
    name: "compress",
    what: "the whole as WebP of quality 80 and three JPEG thumbnails, of a photo of 12 megapixels, about 5 MB",
    recipe: new URL("recipes/compress-and-thumbnails.ts", import.meta.url),
    photos: "5 MB",
    barUsd: STEP_FUNCTIONS_USD / 10,
  },
  {
    name: "shipped",
    what: "the shipped recipe's six presets, of a photo of 12 megapixels, 2 to 3 MB",
    recipe: new URL("../../recipe.ts", import.meta.url),
    photos: "12 MP",
  },
];
