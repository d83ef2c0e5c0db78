export { readContent, saveContent } from "./content.ts";
export type { Manifest, ManifestPlaceholder, ManifestRendition } from "./manifest.ts";
export { RenditionStore } from "./rendition-store.ts";
export { Scratch, type ScratchFile } from "./scratch.ts";
export { type OpenSource, type SourceAnswer, SourceStore } from "./source-store.ts";
