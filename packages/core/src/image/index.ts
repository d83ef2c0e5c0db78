export { configureCodec, ENCODER } from "./codec.ts";
export type { RenderedImage } from "./encode.ts";
export type { ImageInput } from "./input.ts";
export type { Placeholder } from "./placeholder.ts";
export { type ProbeRules, probe } from "./probe.ts";
export { type RenderOptions, render } from "./render.ts";
