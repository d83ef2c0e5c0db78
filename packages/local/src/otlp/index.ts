export { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "./receiver.ts";
