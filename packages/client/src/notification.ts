import { type Notification, notificationSchema } from "@imagefleet/core/notification";
import * as v from "valibot";

/**
 * Checks a notification of the fleet: the message of SNS, or the `detail` of EventBridge. It does not
 * check who has sent it.
 *
 * @param input the parsed JSON
 * @returns the notification, without fields that this version does not know
 * @throws Error naming the first field that is wrong
 *
 * @example
 * const { id, type, key } = parseNotification(JSON.parse(body));
 * if (type === "image.ready") console.info(`${key} is ready (${id})`);
 */
export function parseNotification(input: unknown): Notification {
  const parsed = v.safeParse(notificationSchema, input);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue) ?? "it";
  throw new Error(`not a notification of Imagefleet: ${field}: ${issue.message}`);
}
