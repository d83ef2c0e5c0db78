export { Courier } from "./courier.ts";
export { Killer } from "./killer.ts";
export { upload } from "./uploader.ts";
