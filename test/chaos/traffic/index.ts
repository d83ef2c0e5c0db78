export { CallKiller } from "./call-killer.ts";
export { EventForwarder } from "./event-forwarder.ts";
export { ProcessKiller } from "./process-killer.ts";
export { upload } from "./uploader.ts";
