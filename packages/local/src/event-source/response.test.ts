import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeResponse } from "./response.ts";

const batch = ["id-1", "id-2", "id-3"];

describe("the whole batch succeeds", () => {
  test.each([
    ["a null response", null],
    ["no response", undefined],
    ["an empty response", {}],
    ["a response about something else", { statusCode: 200 }],
    ["a null list", { batchItemFailures: null }],
    ["an empty list", { batchItemFailures: [] }],
  ])("%s", (_name, payload) => {
    expect(judgeResponse(payload, batch)).toEqual({ failures: [] });
  });
});

describe("the whole batch fails", () => {
  test.each([
    ["a string", "done", "Object"],
    ["an empty string", "", "Object"],
    ["a number", 0, "Object"],
    ["a boolean", true, "Object"],
    ["a list", [], "a list"],
    ["a list that is a string", { batchItemFailures: "id-1" }, "batchItemFailures"],
    [
      "a list that is an object",
      { batchItemFailures: { itemIdentifier: "id-1" } },
      "batchItemFailures",
    ],
    ["an item that is a string", { batchItemFailures: ["id-1"] }, "batchItemFailures.0"],
    ["an item that is null", { batchItemFailures: [null] }, "batchItemFailures.0"],
    [
      "an item without identifier",
      { batchItemFailures: [{}] },
      "batchItemFailures.0.itemIdentifier",
    ],
    ["a bad key name", { batchItemFailures: [{ messageId: "id-1" }] }, "itemIdentifier"],
    ["an empty identifier", { batchItemFailures: [{ itemIdentifier: "" }] }, "itemIdentifier"],
    ["a null identifier", { batchItemFailures: [{ itemIdentifier: null }] }, "itemIdentifier"],
    ["an identifier of a number", { batchItemFailures: [{ itemIdentifier: 1 }] }, "itemIdentifier"],
    ["an identifier of no message", { batchItemFailures: [{ itemIdentifier: "id-9" }] }, '"id-9"'],
    [
      "one bad item among good ones",
      { batchItemFailures: [{ itemIdentifier: "id-1" }, { itemIdentifier: "" }] },
      "batchItemFailures.1",
    ],
  ])("%s", (_name, payload, wrong) => {
    expect(judgeResponse(payload, batch)).toEqual({
      failures: batch,
      wrong: expect.stringContaining(wrong),
    });
  });
});

test("only the named messages fail, once each, in the batch's order", () => {
  const batchItemFailures = ["id-3", "id-1", "id-3"].map((itemIdentifier) => ({ itemIdentifier }));
  expect(judgeResponse({ batchItemFailures, more: 1 }, batch)).toEqual({
    failures: ["id-1", "id-3"],
  });
});

test("any named subset of a batch fails, and no other message", () => {
  const ids = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 10 });
  const cases = ids.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all)));
  fc.assert(
    fc.property(cases, ([all, named]) => {
      const batchItemFailures = named.map((itemIdentifier) => ({ itemIdentifier }));
      const { failures } = judgeResponse({ batchItemFailures }, all);
      expect(new Set(failures)).toEqual(new Set(named));
    }),
  );
});

/** JSON that is similar to a response, so that every branch is reached, and arbitrary JSON. */
const nearly = fc.oneof(
  fc.jsonValue(),
  fc.record({ batchItemFailures: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())) }),
  fc.record({
    batchItemFailures: fc.array(
      fc.oneof(
        fc.record({
          itemIdentifier: fc.oneof(fc.constantFrom(...batch, "", null), fc.jsonValue()),
        }),
        fc.constant({}),
      ),
    ),
  }),
);

test("for any JSON all messages fail, none, or exactly those of a valid list", () => {
  fc.assert(
    fc.property(nearly, (payload) => {
      const { failures, wrong } = judgeResponse(payload, batch);
      expect(failures).toEqual(expectedBy(payload));
      if (wrong !== undefined) expect(failures).toEqual(batch);
    }),
    { numRuns: 2000 },
  );
});

/** An independent form of the rules: the condition for deleting a message. */
function expectedBy(payload: unknown): string[] {
  if (payload === null) return [];
  if (typeof payload !== "object" || Array.isArray(payload)) return batch;
  const list: unknown = Object.entries(payload).find(([key]) => key === "batchItemFailures")?.[1];
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return batch;
  const named = list.map((item: unknown) =>
    typeof item === "object" && item !== null && "itemIdentifier" in item
      ? item.itemIdentifier
      : undefined,
  );
  const wellFormed = named.every((id) => batch.some((known) => known === id));
  return wellFormed ? batch.filter((id) => named.includes(id)) : batch;
}
