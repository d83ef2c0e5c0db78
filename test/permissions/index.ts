export { cloudFrontNeed } from "./needs.ts";
export { localPlaces } from "./places.ts";
export { asFile, recordedFile, unrecorded } from "./recorded.ts";
export { CallRecorder } from "./recorder.ts";
