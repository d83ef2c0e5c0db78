import * as v from "valibot";
import { SnsError } from "./fauxqs.ts";

/** The actions of SNS that the fleet and its developers use, and the one of STS. */
const ACTIONS = [
  "CreateTopic",
  "GetCallerIdentity",
  "GetTopicAttributes",
  "ListTopics",
  "Publish",
  "Subscribe",
  "Unsubscribe",
];

const FilterPolicy = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));

/**
 * Parses a form of the query protocol and makes AWS's checks before fauxqs's handler runs.
 *
 * @throws SnsError
 */
export function readForm(text: string): Record<string, string> {
  const form = Object.fromEntries(new URLSearchParams(text));
  if (!ACTIONS.includes(form["Action"] ?? "")) {
    throw new SnsError("InvalidAction", `This server has ${ACTIONS.join(", ")}`);
  }
  if (form["Action"] === "Subscribe") checkSubscription(form);
  return form;
}

// fauxqs accepts subscriptions that it never delivers to, and ends with a server error at a policy that
// is not JSON.
function checkSubscription(form: Record<string, string>): void {
  if (form["Protocol"] !== "sqs") {
    throw new SnsError("InvalidParameter", "Invalid parameter: this server delivers to sqs only");
  }
  for (const [name, value] of Object.entries(form)) {
    if (!name.endsWith(".key") || value !== "FilterPolicy") continue;
    if (v.is(FilterPolicy, form[name.replace(/key$/, "value")])) continue;
    throw new SnsError("InvalidParameter", "Invalid parameter: FilterPolicy: not a JSON object");
  }
}
