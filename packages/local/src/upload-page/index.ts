export { UPLOAD_PAGE, UploadPage, type UploadPageOptions } from "./upload-page.ts";
