import { createHmac } from "node:crypto";
import { manifestKey, renditionKey, sourcePath } from "@imagefleet/core/keys";
import { defineRecipe, type Recipe } from "@imagefleet/core/recipe";
import fc from "fast-check";
import type { RequestEvent } from "./event.ts";

/** Segments of source keys that are awkward on purpose, and any text. */
const segment = fc.oneof(
  fc.constantFrom("", ".", "..", "...", "%2E", "%2F", "%", "a", "a.jpg", "thumb", "\u0000", "\\"),
  fc.constantFrom(
    "auto",
    "a.auto",
    "150x",
    "x480",
    "360x270",
    "9w",
    "ü",
    "😀",
    "a b",
    "\u0085",
    "\n",
    // The index of a character is not that of its byte.
    "大奖".repeat(6),
    "😀".repeat(9),
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 8 }),
);

export const anySourceKey = fc
  .array(segment, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join("/").toWellFormed())
  .filter((key) => key !== "");

/** Of browsers and programs, as they send it for an image. */
export const ACCEPT = {
  chrome: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
  safari:
    "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
  firefox: "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
  oldSafari: "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
  curl: "*/*",
};

const range = fc
  .tuple(
    fc.constantFrom(
      "image/avif",
      "image/webp",
      "image/jpeg",
      "image/png",
      "image/gif",
      "IMAGE/WebP",
    ),
    fc.constantFrom(
      "",
      "",
      "",
      ";q=0",
      ";q=1",
      ";q=0.5",
      "; Q=0.501",
      ";q=0.000",
      ";q=1.001",
      ";q=2",
    ),
    fc.constantFrom("", "", "", ";level=1", ";q=", ";q=x", ";q=.5", " "),
  )
  .map((parts) => parts.join(""));

export const anyAccept = fc.oneof(
  fc.constantFrom(...Object.values(ACCEPT)),
  fc.array(range, { maxLength: 6 }).map((ranges) => ranges.join(",")),
  fc.array(range, { maxLength: 6 }).map((ranges) => ranges.join(" , ")),
  fc.string({ unit: "binary", maxLength: 30 }).map((text) => text.toWellFormed()),
  fc.constantFrom(
    ",;=".repeat(2700),
    "image/webp,".repeat(745),
    "x".repeat(8190),
    "constructor;q=1",
  ),
);

/** An address of a text: as `encodeURIComponent` writes it, or in one of all other ways. */
function address(text: string): fc.Arbitrary<string> {
  const canonical = `/${text.split("/").map(encodeURIComponent).join("/")}`;
  const bytes = [...new TextEncoder().encode(text)];
  const otherwise = fc
    .array(fc.nat(3), { minLength: bytes.length, maxLength: bytes.length })
    .map((ways) =>
      bytes.map((byte, at) => {
        const hex = byte.toString(16).padStart(2, "0");
        const char = String.fromCharCode(byte);
        const mayBePlain = /[\x21-\x7e]/.test(char) && !/[%?#]/.test(char);
        if (ways[at] === 1) return `%${hex}`;
        if (ways[at] === 2) return `%${hex.toUpperCase()}`;
        return mayBePlain ? char : `%${hex}`;
      }),
    )
    .map((parts) => `/${parts.join("")}`);
  return fc.oneof({ weight: 3, arbitrary: fc.constant(canonical) }, otherwise);
}

const alphabet = fc.constantFrom(
  ..."/.%aA0w-_~+=&?ü😀\\;\u0000\n\u007f",
  ..."%2e %2F %00 %252e %25 %ff %ED%A0%80 %C0%AE // /../ .auto .webp .jpg auto".split(" "),
);

/** The address with one piece put in, left out or replaced. */
const damaged = (uri: string) =>
  fc.tuple(fc.nat(uri.length), fc.nat(2), alphabet).map(([at, length, piece]) => {
    return `${uri.slice(0, at)}${piece}${uri.slice(at + length)}`.toWellFormed();
  });

/** What the key value store has. */
export const SECRETS: Readonly<Record<string, string>> = {
  "key.old": "the secret before",
  "key.new": "the secret after, ü",
};
export const secretAt = (key: string) => SECRETS[key];

const plain = defineRecipe({ presets: { a: "1w" } });

/** Signed addresses: most are right. */
const signed = fc
  .record({
    id: fc.constantFrom("old", "new", "gone", ""),
    expires: fc.constantFrom("0", "0", "99999999999", "1", "01", ""),
    ops: fc.constantFrom(
      "w=9",
      "h=9",
      "w=9,h=9,fit=cover,q=100",
      "w=99999",
      "h=9,w=9",
      "w=09",
      "q=5",
      "",
    ),
    key: anySourceKey,
    ext: fc.constantFrom("auto", "avif", "webp", "jpg", "gif"),
    // A path that the core would write in another way is refused, signed or not.
    isSafe: fc.boolean(),
  })
  .map(({ id, expires, ops, key, ext, isSafe }) => {
    const path = `${isSafe ? sourcePath(plain, key) : key}.${ext}`;
    const secret = SECRETS[`key.${id}`] ?? "";
    const hmac = createHmac("sha256", secret).update(`${id}.${expires}/${ops}/${path}`);
    return `s/${id}.${expires}.${hmac.digest("base64url")}/${ops}/${path}`;
  });

/** Addresses of renditions, negotiated and classic ones, of manifests, and of nothing. */
export function anyUri(recipe: Recipe): fc.Arbitrary<string> {
  const { prefix } = recipe.source;
  const rendition = fc
    .tuple(fc.constantFrom(...recipe.presets), anySourceKey)
    .map(([preset, key]) => renditionKey(recipe, preset, `${prefix}${key}`));
  const negotiated = rendition.map((key) =>
    key
      .split("/")
      .map((part) => part.replaceAll(/(?<=^|\.)(avif|webp|jpg|png|gif)(?=$)/g, "auto"))
      .join("/"),
  );
  const classic = fc
    .tuple(
      fc.constantFrom("150x", "150w", "x480", "480h", "360x270", "9w", "9x", "8h", "7w"),
      anySourceKey,
    )
    .map(([size, key]) => `${size}/${key}`);
  const inFolder = classic.map((path) => path.replace(/^([^/]+)\/([^/]+)\//, "$2/$1/"));
  const manifest = anySourceKey.map((key) => manifestKey(recipe, `${prefix}${key}`));
  const good = fc
    .oneof(
      { weight: 3, arbitrary: rendition },
      { weight: 4, arbitrary: negotiated },
      ...(recipe.delivery?.adhoc ? [{ weight: 6, arbitrary: signed }] : []),
      ...[classic, inFolder, manifest, anySourceKey],
    )
    .chain(address);
  return fc.oneof(
    { weight: 6, arbitrary: good },
    { weight: 3, arbitrary: good.chain(damaged) },
    // `$` in a pattern of CloudFront's engine also matches before a last line break.
    good.map((uri) => `${uri}%0A`),
    fc.constantFrom(
      "/",
      "",
      "*",
      "//",
      "/..",
      "/%",
      "/manifests/a.json",
      `/thumb/${"a".repeat(9000)}`,
    ),
    fc.array(alphabet, { maxLength: 12 }).map((parts) => `/${parts.join("")}`),
  );
}

export function anyEvent(recipe: Recipe): fc.Arbitrary<RequestEvent> {
  const values = fc.array(anyAccept, { minLength: 1, maxLength: 3 }).map((all) => {
    const value = all[0] ?? "";
    return all.length === 1 ? { value } : { value, multiValue: all.map((one) => ({ value: one })) };
  });
  const v = fc.constantFrom(
    "0123abcd",
    "0123abcd",
    "0123ABCD",
    "0123abc",
    "",
    "0123abcd\n",
    "%30123abc",
  );
  return fc
    .record({
      method: fc.constantFrom(...Array<string>(12).fill("GET"), "HEAD", "OPTIONS", "POST", "get"),
      uri: anyUri(recipe),
      accept: fc.option(values, { nil: undefined }),
      v: fc.option(v, { nil: undefined }),
      twice: fc.boolean(),
      other: fc.constantFrom({}, { w: { value: "1" }, V: { value: "0123abcd" } }),
      mark: fc.constantFrom({}, {}, { "x-imagefleet-negotiated": { value: "1" } }),
    })
    .map(({ method, uri, accept, v: version, twice, other, mark }) => ({
      version: "1.0",
      context: { eventType: "viewer-request" },
      viewer: { ip: "198.51.100.11" },
      request: {
        method,
        uri,
        querystring: {
          ...(version !== undefined && {
            v: {
              value: version,
              ...(twice &&
                version === "" && { multiValue: [{ value: "" }, { value: "0123abcd" }] }),
            },
          }),
          ...other,
        },
        headers: { host: { value: "d1.cloudfront.net" }, ...(accept && { accept }), ...mark },
        cookies: {},
      },
    }));
}
