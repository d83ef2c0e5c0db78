import { type ImageItem, imageSchema } from "@imagefleet/core/catalog";
import * as v from "valibot";
import { RENDITIONS } from "./s3.ts";
import type { Session } from "./session.ts";

/** The fields of a request that the model reads. */
const request = v.object({
  ConditionExpression: v.optional(v.string(), ""),
  ExpressionAttributeValues: v.optional(
    v.object({
      ":status": v.string(),
      ":seq": v.optional(v.number()),
      ":notified": v.optional(v.string()),
    }),
  ),
});
const PREFIX = "image/";
const stored = v.pipe(
  v.looseObject({ pk: v.pipe(v.string(), v.startsWith(PREFIX)) }),
  v.transform(({ pk, ...fields }) => ({ key: pk.slice(PREFIX.length), ...fields })),
  imageSchema,
);

/** One item, with the conditions that the table's adapter writes. */
export class ModelTable {
  item: ImageItem | undefined;
  readonly violations: string[] = [];
  /** The notifications that the item has named, of states that are over. */
  readonly #named = new Set<string>();

  /** Answers a command when the scheduler runs its call. */
  answer(command: string, input: unknown, session: Session): Promise<unknown> {
    if (command === "GetItemCommand") {
      return session.turn("get the item", () => ({ Item: this.#item() }), "read");
    }
    const item = v.parse(v.object({ Item: stored }), input).Item;
    const asked = v.parse(request, input);
    return session.turn("put the item", () => this.#put(asked, item), "write");
  }

  #item() {
    if (this.item === undefined) return undefined;
    const { key, ...fields } = this.item;
    return { pk: PREFIX + key, ...fields };
  }

  #put(asked: v.InferOutput<typeof request>, item: ImageItem) {
    const { ConditionExpression: condition, ExpressionAttributeValues: seen } = asked;
    const isMet =
      condition === "" ||
      (condition === "attribute_not_exists(pk)"
        ? this.item === undefined
        : this.item?.status === seen?.[":status"] &&
          this.item?.seq === seen?.[":seq"] &&
          this.item?.notified === seen?.[":notified"]);
    if (!isMet) {
      throw Object.assign(new Error("the condition is not met"), {
        name: "ConditionalCheckFailedException",
      });
    }
    const [before = 0, after = 0] = [this.item?.seq, item.seq];
    if (after < before) {
      this.violations.push(`the item's seq goes back from ${before} to ${after}`);
    }
    const [last, next] = [this.item?.notified, item.notified];
    if (last !== undefined && last !== next) this.#named.add(last);
    if (next !== undefined && this.#named.has(next)) {
      this.violations.push(`the item is ${item.status} with an id that receivers know`);
    }
    this.item = item;
    return {};
  }
}

/** The event of a manifest that was put. */
export function manifestEvent(key: string, now: number): string {
  return JSON.stringify({
    Records: [
      {
        eventSource: "aws:s3",
        eventTime: new Date(now).toISOString(),
        eventName: "ObjectCreated:Put",
        s3: { bucket: { name: RENDITIONS }, object: { key, size: 1 } },
      },
    ],
  });
}
