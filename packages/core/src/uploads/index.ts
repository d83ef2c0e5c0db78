export {
  MAX_USER_BYTES,
  type NamedUpload,
  requestedAt,
  UPLOAD_KEY,
  type UploadKeys,
  uploadKeys,
  whyNoTemplate,
} from "./key.ts";
export {
  MULTIPART_BYTES,
  type Part,
  partBytes,
  partsOf,
  SIGNED_SECONDS,
  type SignedForm,
  type SignedPut,
  signForm,
  signPart,
  signPut,
  type Upload,
} from "./sign.ts";
export { UPLOAD_EXTENSIONS } from "./types.ts";
