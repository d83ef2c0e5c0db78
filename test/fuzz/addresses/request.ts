import type { Chance } from "../../model/chance.ts";

/** What a viewer sends. */
export interface ViewerRequest {
  readonly method: string;
  /** With the query, as it is on the wire; each character is one byte. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** The names that valid addresses are made of. */
export interface Names {
  readonly sources: readonly string[];
  /** By label, the extensions of its formats. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

/** A request that the seed of its chance determines: a valid one in almost half of the cases. */
export function randomRequest(chance: Chance, { sources, labels }: Names): ViewerRequest {
  const label = chance.of(Object.keys(labels));
  const ext = chance.of([...(labels[label] ?? []), "auto"]);
  const key = `${label}/${chance.of(sources).replaceAll("%", "%25")}.${ext}`;
  let path = `/${key.split("/").map(chance.of(ENCODINGS)).join("/")}`;
  for (let left = chance.happens(0.45) ? 0 : chance.between(1, 3); left > 0; left--) {
    path = chance.of(MUTATIONS)(path, chance);
  }
  // A server of HTTP refuses other requests before anything of the edge runs.
  if (!path.startsWith("/") && !chance.happens(0.02)) path = `/${path}`;
  const query = chance.happens(0.4) ? `?${chance.of(QUERIES)(chance)}` : "";
  return {
    method: chance.happens(0.75) ? "GET" : chance.of(METHODS),
    path: onWire(path + query),
    headers: randomHeaders(chance),
  };
}

type Mutation = (path: string, chance: Chance) => string;

const hex = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`;

/** Spellings of one segment of a path. */
const ENCODINGS: readonly ((segment: string) => string)[] = [
  encodeURIComponent,
  encodeURIComponent,
  (segment) => encodeURIComponent(segment).replace(/%../g, (coded) => coded.toLowerCase()),
  (segment) => Array.from(Buffer.from(segment), hex).join(""),
  (segment) => encodeURIComponent(encodeURIComponent(segment)),
  /** Bytes that should have been encoded. */
  (segment) => segment.replace(/[%?#\s]/g, encodeURIComponent),
];

const TOKENS = [
  "..",
  ".",
  "",
  "%2e",
  "%2E%2E",
  "%2e%2e%2f",
  "%252e%252e",
  "%00",
  "%0A",
  "%0d%0aSet-Cookie:%20a=b",
  "%5c",
  "\\",
  "%2F",
  "%25",
  "%2525",
  "%7f",
  "%c2%85",
  // UTF-8 that is too long, half a surrogate pair, a byte that no text has, and no escape at all.
  "%c0%af",
  "%ed%a0%80",
  "%ff",
  "%",
  "%zz",
  "%u0041",
  ";jsessionid=1",
  "+",
  "*",
  "🐱",
  "%F0%9F%90%B1",
  "ü",
  "{path}",
  "{ext}",
  "__proto__",
  "constructor",
  "manifests",
] as const;

const EXTENSIONS = [
  "exe",
  "svg",
  "jpeg",
  "JPG",
  "avif",
  "auto.auto",
  "json",
  "webp%00",
  "",
] as const;
const LABELS = [
  "nope",
  "HERO-80w",
  "hero",
  "hero-81w",
  "hero-80",
  "",
  "%68ero-80w",
  "thumb ",
] as const;

const MUTATIONS: readonly Mutation[] = [
  /** A segment more. */
  (path, chance) => {
    const parts = path.split("/");
    parts.splice(chance.between(1, parts.length), 0, chance.of(TOKENS));
    return parts.join("/");
  },
  /** Something in the middle. */
  (path, chance) => {
    const at = chance.below(path.length + 1);
    return `/${path.slice(1, at)}${chance.of(TOKENS)}${path.slice(Math.max(1, at))}`;
  },
  /** One byte less, or another. */
  (path, chance) => {
    const at = chance.between(1, path.length);
    const other = chance.happens(0.5) ? "" : String.fromCharCode(chance.between(0x21, 0x7e));
    return path.slice(0, at) + other + path.slice(at + 1);
  },
  (path, chance) => path.replace(/^\/[^/]*/, `/${chance.of(LABELS)}`),
  (path, chance) => path.replace(/[^.]*$/, chance.of(EXTENSIONS)),
  /** About as long as a key, and as an address, may be. */
  (path, chance) => path.replace(/\.[^.]*$/, `${"x".repeat(chance.of(LENGTHS))}$&`),
  (path, chance) => path.replaceAll("/", chance.of(["//", "%2f", "/./", "\\"])),
  (path) => path.split("/").toReversed().join("/"),
  (path, chance) => chance.of(OTHERS) + path,
  (_path, chance) => chance.of(OTHERS),
];

const LENGTHS = [200, 990, 1024, 4096, 8000, 8192] as const;

const OTHERS = [
  "/",
  "//",
  "/manifests/good.png.json",
  "/imagefleet-renditions/",
  "/imagefleet-source/good.png",
  "http://169.254.169.254/latest/meta-data/",
  "//example.com",
  "/favicon.ico",
  "/index.html",
] as const;

const version = (chance: Chance) =>
  chance
    .below(2 ** 32)
    .toString(16)
    .padStart(8, "0");

const QUERIES: readonly ((chance: Chance) => string)[] = [
  (chance) => `v=${version(chance)}`,
  (chance) => `v=${version(chance)}`,
  (chance) => `v=${version(chance)}&v=${version(chance)}`,
  (chance) => `v=${version(chance).toUpperCase()}x`,
  (chance) => Array.from({ length: 100 }, (_, at) => `p${at}=${version(chance)}`).join("&"),
  () => "v=../../../etc/passwd",
  () => "url=http%3A%2F%2F169.254.169.254%2F&w=640&q=75",
  () => "X-Amz-Signature=00&X-Amz-Credential=edge&response-content-type=text/html",
  () => "versionId=null&uploads&acl&delete",
  () => "?&&&=%",
];

const METHODS = [
  "HEAD",
  "HEAD",
  "HEAD",
  "OPTIONS",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "TRACE",
] as const;

const ACCEPTS: readonly (string | string[])[] = [
  "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
  "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "*/*",
  "",
  "image/avif;q=0, IMAGE/WEBP",
  "image/webp;q=1.5;q=x;;,,,image/avif;q=-1",
  "image/webp\t; q = 0.5",
  ["image/avif", "image/webp;q=0.1"],
  "image/".repeat(1200),
  "ü\u00a0\u00ff;q",
];

const RANGES = [
  "bytes=0-0",
  "bytes=0-99",
  "bytes=-10",
  "bytes=-0",
  "bytes=100-",
  "bytes=0-0,2-3,-1",
  "bytes=5-1",
  "bytes=0-0,0-0",
  "bytes=99999999-",
  "bytes=0-99999999999999999999",
  "bytes=",
  "bytes=a-b",
  "items=0-1",
  "bytes=0-1,".repeat(200),
] as const;

const ETAGS = ['"0"', "*", 'W/"a"', '"a", "b"', "not quoted", '"', ""] as const;
const DATES = [
  "Thu, 01 Jan 1970 00:00:00 GMT",
  "Fri, 31 Dec 2100 00:00:00 GMT",
  "yesterday",
  "0",
] as const;

function randomHeaders(chance: Chance): Record<string, string | string[]> {
  const sometimes = (share: number, name: string, values: readonly (string | string[])[]) =>
    chance.happens(share) ? { [name]: chance.of(values) } : {};
  return {
    ...sometimes(0.8, "accept", ACCEPTS),
    ...sometimes(0.25, "range", RANGES),
    ...sometimes(0.1, "if-range", [...ETAGS, ...DATES]),
    ...sometimes(0.15, "if-none-match", ETAGS),
    ...sometimes(0.1, "if-modified-since", DATES),
    ...sometimes(0.05, "if-match", ETAGS),
    ...sometimes(0.05, "x-forwarded-host", ["example.com"]),
    ...sometimes(0.05, "x-imagefleet-edge", ["guess"]),
    ...sometimes(0.05, "x-imagefleet-auto", ["1"]),
    ...sometimes(0.05, "authorization", ["AWS4-HMAC-SHA256 Credential=edge/x"]),
    ...sometimes(0.05, "cookie", ["a=b; c"]),
  };
}

/** The UTF-8 bytes as characters, without those that end a line of a request or its path. */
function onWire(path: string): string {
  return Buffer.from(path)
    .toString("latin1")
    .replace(/[^\x21-\xff]/g, "");
}
