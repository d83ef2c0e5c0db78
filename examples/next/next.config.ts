import type { NextConfig } from "next";

export default {
  output: "export",
  images: {
    loader: "custom",
    loaderFile: "./image-loader.ts",
    // The widths of the preset: with others, Next names some files twice.
    deviceSizes: [400, 800, 1280],
    imageSizes: [],
  },
} satisfies NextConfig;
