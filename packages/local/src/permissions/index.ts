export { localPlaces } from "./places.ts";
export { asFile, type Needed, type Role, recordedFile, unrecorded } from "./recorded.ts";
export { CallRecorder } from "./recorder.ts";
