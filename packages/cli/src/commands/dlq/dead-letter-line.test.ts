import { anyAttributes, anyBody, NESTED } from "@imagefleet/core/intake/fixtures";
import { type ReceivedMessage, readDeadLetter, redriveAttributes } from "@imagefleet/core/queue";
import fc from "fast-check";
import { expect, it } from "vitest";
import { matches } from "../../dead-letters/filter.ts";
import { deadLetterJson } from "../../dead-letters/json.ts";
import { messageName } from "../../dead-letters/message-name.ts";
import { groupBy, groupByFolder, hourOf } from "../../dead-letters/tally.ts";
import { deadLetterLine, readDeadLetterLine } from "./dead-letter-line.ts";
import { printableBody } from "./show.ts";

const received = (body: string, attributes: Record<string, string>): ReceivedMessage => ({
  id: "1",
  receiptHandle: "h",
  body,
  attributes,
  receiveCount: 1,
  sentAt: 0,
  firstReceivedAt: 0,
});

it("reads, groups, shows, exports and redrives any dead letter", () => {
  const deadLetters = fc.array(fc.record({ body: anyBody, attributes: anyAttributes }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(deadLetters, (odd) => {
      const valid = { Reason: "SourceCorrupt", Bucket: "b", Key: "in/a.jpg" };
      const messages = [
        received("{}", valid),
        ...odd.map((one) => received(one.body, one.attributes)),
      ];
      const read = messages.map((message) => readDeadLetter(message, "small"));
      expect(read[0]).toMatchObject({ reason: "SourceCorrupt", source: { key: "in/a.jpg" } });
      for (const [at, deadLetter] of read.entries()) {
        const message = messages[at];
        if (message === undefined) throw new Error("no message");
        expect(deadLetter.source?.key.isWellFormed() ?? true).toBe(true);
        expect(JSON.parse(JSON.stringify(deadLetterJson(deadLetter)))).toEqual(
          deadLetterJson(deadLetter),
        );
        expect(typeof matches(deadLetter, { key: "in/**", minReceives: 2, olderThan: 1 })).toBe(
          "boolean",
        );
        expect(matches(deadLetter, { message: messageName(deadLetter.message) })).toBe(true);
        expect(hourOf(deadLetter)).toMatch(/T\d\d$/);
        const line = deadLetterLine(message, "small");
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(readDeadLetterLine(line)).toMatchObject({ message: { body: message.body } });
        expect(printableBody(message.body).length).toBeLessThan(message.body.length * 110 + 10);
        expect(Number(redriveAttributes(message)["RedriveCount"])).toBeGreaterThan(0);
      }
      for (const groups of [groupBy(read, ({ reason }) => reason), groupByFolder(read)]) {
        expect(groups.reduce((sum, group) => sum + group.deadLetters, 0)).toBe(read.length);
      }
    }),
    { numRuns: 80, examples: [[[{ body: NESTED, attributes: {} }]]] },
  );
});

const whole = { version: 1, lane: "small", body: "{}", attributes: {} };

it.each([
  ["{", /^it is "{": it must be JSON$/],
  ["5", /^it is 5: it must be an object$/],
  [JSON.stringify({ version: 1 }), /^lane is missing$/],
  [JSON.stringify({ ...whole, version: 2 }), /^version is 2: it must be 1$/],
  [JSON.stringify({ ...whole, lane: "tiny" }), /^lane is "tiny": it must be "small" or "large"$/],
  [JSON.stringify({ ...whole, body: "" }), /^body is "": it must not be empty$/],
  [JSON.stringify({ ...whole, attributes: { A: 1 } }), /^attributes.A is 1: it must be a string$/],
  [
    JSON.stringify({ ...whole, attributes: { Reason: "Odd" } }),
    /^attributes.Reason is "Odd": it must be "SourceCorrupt" or .* or "DoctorTest"$/,
  ],
  [JSON.stringify({ ...whole, reason: "Odd" }), /^reason is "Odd": it must be "SourceCorrupt" or /],
])("names the invalid field of the line %j", (line, issue) => {
  expect(readDeadLetterLine(line)).toMatchObject({ issue: expect.stringMatching(issue) });
});

it("indents JSON, and leaves JSON that is nested too deep unchanged", () => {
  expect(printableBody('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(printableBody(NESTED)).toBe(NESTED);
});
