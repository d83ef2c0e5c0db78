/**
 * The extension that the key of an upload gets, by the type that the client names. S3 holds the client
 * to that name; what the bytes are, the fleet finds out when it renders them.
 */
export const UPLOAD_EXTENSIONS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/avif": "avif",
  "image/heic": "heic",
  "image/heif": "heif",
  "image/tiff": "tiff",
  "image/bmp": "bmp",
  "image/svg+xml": "svg",
};
