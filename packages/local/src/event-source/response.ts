import * as v from "valibot";

/**
 * The ids that a function's response leaves in the queue. `wrong` is the reason when a response counts as
 * a failure of the whole batch.
 */
export interface Verdict {
  readonly failures: readonly string[];
  readonly wrong?: string;
}

const item = v.object({ itemIdentifier: v.pipe(v.string(), v.nonEmpty()) });
const response = v.nullish(v.object({ batchItemFailures: v.nullish(v.array(item), []) }), {});

/**
 * The rules of "Handling errors for an SQS event source in Lambda". All messages succeed with a null or
 * empty response or list. All fail with an invalid response or list, or with an identifier that is empty,
 * null, under another key, or not of the batch.
 */
export function judgeResponse(payload: unknown, messageIds: readonly string[]): Verdict {
  if (Array.isArray(payload)) return allOf(messageIds, "it is a list, not an object");
  const parsed = v.safeParse(response, payload);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const place = v.getDotPath(issue);
    return allOf(messageIds, `${place ? `${place}: ` : ""}${issue.message}`);
  }
  const named = new Set(parsed.output.batchItemFailures.map((failure) => failure.itemIdentifier));
  const stranger = [...named].find((id) => !messageIds.includes(id));
  if (stranger !== undefined) {
    return allOf(
      messageIds,
      `itemIdentifier ${JSON.stringify(stranger)} is not a message of this batch`,
    );
  }
  return { failures: messageIds.filter((id) => named.has(id)) };
}

function allOf(messageIds: readonly string[], wrong: string): Verdict {
  return { failures: messageIds, wrong };
}
