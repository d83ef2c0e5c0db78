import * as v from "valibot";

/**
 * What a function's response says of its batch: the ids to leave in the queue. `wrong` says why a
 * response counts as a failure of the whole batch though the function returned.
 */
export interface Verdict {
  readonly failures: readonly string[];
  readonly wrong?: string;
}

const item = v.object({ itemIdentifier: v.pipe(v.string(), v.nonEmpty()) });
const response = v.nullish(v.object({ batchItemFailures: v.nullish(v.array(item), []) }), {});

/**
 * Success and failure as "Handling errors for an SQS event source in Lambda" defines them. All
 * succeed: a null or empty response, a null or empty list. All fail: a response or list that is
 * none, an identifier that is empty, null, of another key, or of no message in the batch.
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
      `itemIdentifier ${JSON.stringify(stranger)} is no message of this batch`,
    );
  }
  return { failures: messageIds.filter((id) => named.has(id)) };
}

function allOf(messageIds: readonly string[], wrong: string): Verdict {
  return { failures: messageIds, wrong };
}
