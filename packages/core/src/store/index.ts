export { readContent, saveContent } from "./content.ts";
export { compareKeys } from "./key-order.ts";
export { type ListedObject, listFolders, listPages } from "./listing.ts";
export {
  type Manifest,
  type ManifestOnRequest,
  type ManifestPlaceholder,
  type ManifestRendition,
  TOMBSTONE_MS,
  TOMBSTONE_TAG,
  type Tombstone,
} from "./manifest.ts";
export {
  NAME_METADATA,
  OWN_MARK,
  RenditionStore,
  type SeenRendition,
  type StoredManifest,
  type StoredObject,
  type StoredRendition,
} from "./rendition-store.ts";
export { Scratch, type ScratchFile } from "./scratch.ts";
export { type OpenSource, type SourceAnswer, SourceStore } from "./source-store.ts";
