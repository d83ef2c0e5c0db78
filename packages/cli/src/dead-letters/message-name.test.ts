import fc from "fast-check";
import { expect, it } from "vitest";
import { messageName } from "./message-name.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 1_200 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "s3://",
          "/",
          "'",
          '"',
          "`",
          ": ",
          " ",
          "*",
          ".jpg",
          "S3",
          "…",
          "(",
          "\u2028",
        ),
        fc.string({ maxLength: 6 }),
        fc.uuid(),
        fc.nat().map(String),
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join("")),
);

it("the name of a name is the name itself, one line that is not empty", () => {
  fc.assert(
    fc.property(text, (message) => {
      const name = messageName(message);
      expect(messageName(name)).toBe(name);
      expect(name).toMatch(/^\S(.*\S)?$/u);
      expect(name.length).toBeLessThanOrEqual(Math.max(1, message.length));
    }),
    // A quote after a number is an apostrophe until the number is replaced.
    { examples: [["a5'b c'"]] },
  );
});

const segment = fc.string({ unit: fc.constantFrom(..."abz .-_'é0"), minLength: 1, maxLength: 12 });
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => all.join("/"));
const number = fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }));

it("messages that differ in keys, ids, quoted text and numbers only have one name", () => {
  const etag = fc.stringMatching(/^[\da-f]{32}$/).filter((hex) => /\d/.test(hex));
  const quoted = fc.string({ maxLength: 30 });
  fc.assert(
    fc.property(key, fc.uuid(), etag, quoted, number, fc.nat(), (k, id, hash, value, n, at) => {
      const messages = [
        `could not read s3://photos/${k}: SlowDown (HTTP ${n})`,
        `request ${id} of ${hash}: Records.${at}.size is ${JSON.stringify(value)}, not a number`,
        `the source is ${n} x ${n} = ${n} px and limits.pixels is ${n}`,
      ];
      expect(messages.map(messageName)).toEqual([
        "could not read *: SlowDown (HTTP *)",
        "request * of *: Records.*.size is *, not a number",
        "the source is * x * = * px and limits.pixels is *",
      ]);
    }),
  );
});

it.each([
  ["S3 answered without an ETag for s3://photos/a b.jpg", "S3 answered without an ETag for *"],
  ["the source's content ended at 5 of 9 bytes", "the source's content ended at * of * bytes"],
  ["the encoder failed: vips2jpeg refused", "the encoder failed: vips*jpeg refused"],
  ["holiday.JPG failed", "* failed"],
  [
    "could not remove 2 objects: AccessDenied a/b 1.webp",
    "could not remove * objects: AccessDenied *",
  ],
  ["EACCES: permission denied, open '/tmp/a b'", "EACCES: permission denied, open *"],
  ["request 4K2HX7TQ9B1M5N8P, 30s, (2026-01-31T12:00:00Z)", "request *, *, (*)"],
  ["an error\n  of two lines", "an error of two lines"],
  [" ", "*"],
])("the name of %j is %j", (message, name) => {
  expect(messageName(message)).toBe(name);
});

it("names differ where words do", () => {
  const reasons = ["the file ends before them", "the file ends within a frame", "S3 and SQS"];
  expect(reasons.map(messageName)).toEqual(reasons);
});
