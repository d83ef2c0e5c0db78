import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_USER_BYTES, requestedAt, UPLOAD_KEY, uploadKeys, whyNoTemplate } from "./key.ts";

const user = fc
  .string({ unit: "binary", minLength: 1, maxLength: 80 })
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= MAX_USER_BYTES);
const ext = fc.constantFrom("jpg", "png", "heic");
// Of 0 ms the library takes the present time.
const now = fc.integer({ min: 1, max: 2 ** 48 - 1 });
const prefix = fc.constantFrom("", "in/", "a.b+c(d)/");
const template = fc.constantFrom(
  UPLOAD_KEY,
  "u/{user}/{id}.{ext}",
  "a/b/{user}/pictures/{id}.{ext}",
);

describe("the key of an upload", () => {
  it("is read back: the user, and the time of the request", () => {
    fc.assert(
      fc.property(user, ext, now, prefix, template, (name, extension, at, before, text) => {
        const keys = uploadKeys(text, before);
        const key = keys.make(name, extension, at);
        expect(key.startsWith(keys.prefix)).toBe(true);
        const upload = keys.read(key);
        expect(upload?.user).toBe(name);
        expect(upload && requestedAt(upload)).toBe(at);
      }),
    );
  });

  it("stays in the folder of its user", () => {
    fc.assert(
      fc.property(user, user, ext, (one, other, extension) => {
        const keys = uploadKeys(UPLOAD_KEY, "");
        const folder = (name: string) => keys.make(name, extension, 0).split("/").slice(0, -1);
        expect(folder(one)).toHaveLength(2);
        expect(folder(one)[1]).toMatch(/^[\w~-]+$/);
        expect(folder(one).join("/") === folder(other).join("/")).toBe(one === other);
      }),
    );
  });

  it.each([
    "uploads/alice/x.jpg",
    "uploads/../01M8ECDCT870V9QMPD896VCY3R.jpg",
    "uploads/~YWxpY2U/01M8ECDCT870V9QMPD896VCY3R.jpg",
    "uploads/~/01M8ECDCT870V9QMPD896VCY3R.jpg",
    "uploads/alice/more/01M8ECDCT870V9QMPD896VCY3R.jpg",
    "others/alice/01M8ECDCT870V9QMPD896VCY3R.jpg",
    "uploads/alice/01m8ecdct870v9qmpd896vcy3r.jpg",
  ])("is not %s", (key) => {
    expect(uploadKeys(UPLOAD_KEY, "").read(key)).toBeUndefined();
  });

  it("has no user without a name, and none whose name is too long", () => {
    const keys = uploadKeys(UPLOAD_KEY, "");
    for (const name of ["", "ü".repeat(200), "\ud800"]) {
      expect(() => keys.make(name, "jpg", 0)).toThrow("1 to 256 bytes");
    }
  });
});

it.each([
  ["uploads/{user}.{ext}", "it must have {id} once"],
  ["uploads/{id}.{ext}", "it must have {user} once"],
  ["uploads/{user}/{id}/{id}.{ext}", "it must have {id} once"],
  ["{user}/{id}.{ext}", "it must begin with a folder"],
  ["../{user}/{id}.{ext}", "it must begin with a folder"],
  ["u/{user}{id}.{ext}", 'after {user} it must have a "/"'],
  ["u/{user}/{id}.{ext}/x", 'after {user} it must have a "/"'],
])("the template %s is refused", (text, why) => {
  expect(whyNoTemplate(text)).toContain(why);
  expect(() => uploadKeys(text, "")).toThrow(why);
});
