export { CODEC_VERSIONS, configureCodec, ENCODER } from "./codec.ts";
export type { RenderedImage } from "./encode/encode.ts";
export { drawPlaceholder, type Placeholder } from "./encode/placeholder.ts";
export type { ImageInput } from "./input.ts";
export { type ProbeRules, probe } from "./probe.ts";
export { type RenderOptions, render } from "./render.ts";
