export { cloudFrontNeed } from "./needs.ts";
export { BUS, localPlaces, localRecorder } from "./places.ts";
export { asFile, recordedFile, unrecorded } from "./recorded.ts";
export { CallRecorder } from "./recorder.ts";
