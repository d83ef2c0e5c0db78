/** The used part of libheif's JavaScript build, which has no types for this entry point. */
declare module "libheif-js/wasm-bundle.js" {
  interface Answer {
    readonly code: unknown;
    readonly message?: string;
  }
  interface Handle {
    readonly brand: "handle";
  }
  interface Context {
    readonly brand: "context";
  }
  interface Decoded {
    readonly image: object;
    readonly channels: readonly {
      readonly data: Uint8Array;
      /** In bytes. */
      readonly stride: number;
      readonly width: number;
      readonly height: number;
      readonly bits_per_pixel: number;
    }[];
  }
  const libheif: {
    heif_context_alloc(): Context;
    heif_context_free(context: Context): void;
    heif_context_read_from_memory(context: Context, bytes: Uint8Array): Answer;
    heif_js_context_get_primary_image_handle(context: Context): Handle | Answer;
    heif_image_handle_get_width(handle: Handle): number;
    heif_image_handle_get_height(handle: Handle): number;
    heif_image_handle_release(handle: Handle): void;
    heif_js_decode_image2(handle: Handle, color: unknown, chroma: unknown): Decoded | Answer;
    readonly heif_error_code: { readonly heif_error_Ok: unknown };
    readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown };
    readonly heif_chroma: {
      readonly heif_chroma_interleaved_RGB: unknown;
      readonly heif_chroma_interleaved_RGBA: unknown;
      readonly heif_chroma_interleaved_RRGGBB_LE: unknown;
      readonly heif_chroma_interleaved_RRGGBBAA_LE: unknown;
    };
  };
  export default libheif;
}
