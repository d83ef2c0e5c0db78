import { INVALID_MESSAGE_BODY_CHAR } from "./fauxqs.ts";

// What SQS takes: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
const valid = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

/**
 * fauxqs's expression looks at code units and so refuses every character above
 * U+FFFF. Its handlers ask that one object, which can be described better.
 */
export function mendUnicode(): void {
  INVALID_MESSAGE_BODY_CHAR.test = (body) => !valid.test(body);
}
