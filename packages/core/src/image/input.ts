/** The bytes of a source, in memory or on disk. */
export type ImageInput =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "file"; readonly path: string };
