export { readContent, saveContent } from "./content.ts";
export type { Manifest, ManifestPlaceholder, ManifestRendition } from "./manifest.ts";
export { RenditionStore, type StandingManifest } from "./rendition-store.ts";
export { Scratch, type ScratchFile } from "./scratch.ts";
export { type OpenSource, type SourceAnswer, SourceStore } from "./source-store.ts";
