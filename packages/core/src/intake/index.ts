export { issueText } from "./issue-text.ts";
export type { Job } from "./job.ts";
export { jobMessage } from "./job-message.ts";
export { messageBody } from "./message-body.ts";
export { type Notice, noticeMessage, parseNotice } from "./notice.ts";
export { decodeKey, isObjectKey, isObjectName } from "./object-name.ts";
export { type Intake, parseMessage } from "./parse.ts";
