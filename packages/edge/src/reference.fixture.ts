import { createHmac } from "node:crypto";
import { manifestKey, renditionAt, renditionKey, sourceKeyOf } from "@imagefleet/core/plan";
import {
  CONTENT_TYPES,
  EXTENSIONS,
  fillTemplate,
  type Preset,
  presetLabel,
  type Recipe,
} from "@imagefleet/core/recipe";
import type { EdgeField, EdgeRequest } from "./event.ts";
import { SECRETS } from "./requests.fixture.ts";
import type { RequestResult } from "./run.ts";

/** What the function of the viewer request must return, by the rules as they are written down. */
export function expected(recipe: Recipe, request: EdgeRequest): RequestResult {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refusal(405, "Method Not Allowed", { allow: { value: "GET, HEAD" } });
  }
  const text = decoded(request.uri);
  if (recipe.delivery?.adhoc && text?.split("/")[0] === "s") return signed(recipe, request, text);
  const isNegotiated = text !== undefined && looksNegotiated(recipe, text);
  const key = text === undefined ? undefined : keyOf(recipe, text, request.headers["accept"]);
  if (key === undefined) {
    return refusal(404, "Not Found", isNegotiated ? { vary: { value: "Accept" } } : {});
  }
  return passed(request, key, isNegotiated);
}

function passed(request: EdgeRequest, key: string, isNegotiated: boolean): EdgeRequest {
  const { "x-imagefleet-negotiated": _mark, ...headers } = request.headers;
  const { v } = request.querystring;
  const isVersion = v !== undefined && v.multiValue === undefined && isHex(v.value);
  return {
    ...request,
    uri: `/${key.split("/").map(encodeURIComponent).join("/")}`,
    headers: { ...headers, ...(isNegotiated && { "x-imagefleet-negotiated": { value: "1" } }) },
    querystring: isVersion ? { v: { value: v.value } } : {},
  };
}

/** The rules of signed addresses. */
function signed(recipe: Recipe, request: EdgeRequest, text: string): RequestResult {
  const { adhoc } = recipe.delivery ?? {};
  const [, token = "", ops = "", ...rest] = text.split("/");
  const [id = "", expires = "", signature, ...more] = token.split(".");
  const name = rest.join("/");
  const path = name.slice(0, Math.max(0, name.lastIndexOf(".")));
  const ext = name.slice(path.length + 1);
  const secret = SECRETS[`key.${id}`];
  const list = recipe.presets.slice(0, 1).flatMap((preset) => {
    return (adhoc?.formats ?? []).map((format) => ({ ...preset, format }));
  });
  const preset =
    ext === "auto"
      ? best(list, request.headers["accept"])
      : list.find(({ format }) => EXTENSIONS[format] === ext);
  const hmac = createHmac("sha256", secret ?? "").update(`${id}.${expires}/${ops}/${name}`);
  const isRight =
    more.length === 0 &&
    secret !== undefined &&
    signature === hmac.digest("base64url") &&
    (expires === "0" || expires === "99999999999") &&
    // Of the operations that the requests have.
    ["w=9", "h=9", "w=9,h=9,fit=cover,q=100"].includes(ops) &&
    path !== "" &&
    preset !== undefined &&
    sourceKeyOf(recipe, path) !== undefined;
  if (!isRight) return refusal(403, "Forbidden", {});
  const key = `${recipe.output.prefix}adhoc/${ops}/${path}.${EXTENSIONS[preset.format]}`;
  if (new TextEncoder().encode(key).length > 1024) return refusal(404, "Not Found", {});
  return passed(request, key, ext === "auto");
}

function refusal(statusCode: number, text: string, headers: Record<string, EdgeField>) {
  return {
    statusCode,
    statusDescription: text,
    headers: {
      ...headers,
      "cache-control": { value: "public, max-age=60" },
      "content-type": { value: "text/plain; charset=utf-8" },
    },
    body: { encoding: "text" as const, data: `${text}\n` },
  };
}

function isHex(text: string): boolean {
  return text.length === 8 && [...text].every((char) => "0123456789abcdef".includes(char));
}

/** Byte for byte, without the language's own function. */
function decoded(uri: string): string | undefined {
  if (uri[0] !== "/" || uri.length > 4096) return undefined;
  const bytes: number[] = [];
  const sent = new TextEncoder().encode(uri.slice(1));
  for (let at = 0; at < sent.length; at++) {
    if (sent[at] !== 0x25) {
      bytes.push(sent[at] ?? 0);
      continue;
    }
    const hex = String.fromCharCode(sent[at + 1] ?? 0, sent[at + 2] ?? 0);
    if (!/^[0-9a-f]{2}$/i.test(hex)) return undefined;
    // An encoded slash would make one segment two.
    if (hex.toLowerCase() === "2f") return undefined;
    bytes.push(Number.parseInt(hex, 16));
    at += 2;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes),
    );
  } catch {
    return undefined;
  }
}

function keyOf(recipe: Recipe, text: string, accept: EdgeField | undefined): string | undefined {
  const found =
    explicit(recipe, text) ??
    negotiated(recipe, text, accept) ??
    manifest(recipe, text) ??
    classicKey(recipe, text);
  return found !== undefined && new TextEncoder().encode(found).length <= 1024 ? found : undefined;
}

function explicit(recipe: Recipe, text: string): string | undefined {
  // The core throws at keys that S3 cannot have.
  if (new TextEncoder().encode(text).length > 1024) return undefined;
  return renditionAt(recipe, text) && text;
}

function negotiated(recipe: Recipe, text: string, accept: EdgeField | undefined) {
  if (!recipe.output.key.includes("{ext}")) return undefined;
  const template = `${recipe.output.prefix}${recipe.output.key}`;
  for (const label of new Set(recipe.presets.map(presetLabel))) {
    const ends = template.split("{path}").map((part) => {
      return fillTemplate(part, { preset: label, path: "", ext: "auto" });
    });
    const [before = "", after = ""] = ends;
    const path = text.slice(before.length, text.length - after.length);
    if (path === "" || text !== `${before}${path}${after}`) continue;
    const source = sourceKeyOf(recipe, path);
    if (source === undefined) continue;
    const list = recipe.presets.filter((preset) => presetLabel(preset) === label);
    const preset = best(list, accept);
    return preset && unlimited(recipe, preset, source);
  }
  return undefined;
}

function manifest(recipe: Recipe, text: string): string | undefined {
  const path = text.slice(`${recipe.output.prefix}manifests/`.length, -".json".length);
  const source = recipe.delivery?.manifests && path !== "" && sourceKeyOf(recipe, path);
  const isTooLong = new TextEncoder().encode(text).length > 1024;
  return source && !isTooLong && manifestKey(recipe, source) === text ? text : undefined;
}

/** The key, also where it is too long. */
function unlimited(recipe: Recipe, preset: Preset, source: string): string | undefined {
  try {
    return renditionKey(recipe, preset, source);
  } catch {
    return undefined;
  }
}

/** Only types that are named count. */
function best(presets: readonly Preset[], accept: EdgeField | undefined): Preset | undefined {
  const all = (accept?.multiValue ?? (accept ? [accept] : []))
    .map(({ value }) => value)
    .join(",")
    .slice(0, 1024);
  const named = all.split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const weights = parameters.filter((each) => /^q\s*=/i.test(each));
    const weight =
      weights
        .at(-1)
        ?.replace(/^q\s*=/i, "")
        .trim() ?? "1";
    const isWeight = /^(?:0|1|0\.\d{0,3}|1\.0{0,3})$/.test(weight);
    return { type: type.toLowerCase(), q: isWeight ? Number(weight) : 0 };
  });
  const ranked = presets
    .map((preset, at) => {
      const own = named.filter(({ type }) => type === CONTENT_TYPES[preset.format]);
      return { preset, at, q: Math.max(0, ...own.map(({ q }) => q)) };
    })
    .filter(({ q }) => q > 0)
    .toSorted((a, b) => b.q - a.q || a.at - b.at);
  return ranked[0]?.preset ?? plain(presets);
}

/** What most programs show, in the recipe's order the last. */
function plain(presets: readonly Preset[]): Preset | undefined {
  const of = (...formats: string[]) => presets.findLast(({ format }) => formats.includes(format));
  return of("jpeg", "png", "gif") ?? of("webp") ?? of("avif");
}

function classicKey(recipe: Recipe, text: string): string | undefined {
  if (!recipe.delivery?.classic) return undefined;
  const segments = text.split("/");
  const isPlain = (part: string) => !["", ".", ".."].includes(part) && !/\p{Cc}/u.test(part);
  if (!segments.every(isPlain)) return undefined;
  for (const at of [0, 1]) {
    const rest = segments.filter((_segment, index) => index !== at).join("/");
    const label = recipe.presets.find((preset) => isOfSize(preset, segments[at] ?? ""));
    if (label === undefined || segments.length < at + 2) continue;
    const preset = plain(recipe.presets.filter((each) => presetLabel(each) === presetLabel(label)));
    return preset && unlimited(recipe, preset, `${recipe.source.prefix}${rest}`);
  }
  return undefined;
}

function isOfSize({ width, height }: Preset, size: string): boolean {
  if (width !== undefined && height !== undefined) return size === `${width}x${height}`;
  if (width !== undefined) return size === `${width}w` || size === `${width}x`;
  return height !== undefined && (size === `${height}h` || size === `x${height}`);
}

/** Whether it has "auto" where keys have their extension, whatever the preset is called. */
function looksNegotiated(recipe: Recipe, text: string): boolean {
  if (!recipe.output.key.includes("{ext}")) return false;
  const template = `${recipe.output.prefix}${recipe.output.key}`;
  const segments = text.split("/").slice(0, 50);
  const pieces = segments.flatMap((part) =>
    Array.from({ length: Math.min(part.length, 80) }, (_, from) =>
      Array.from({ length: Math.min(part.length, 80) - from }, (_two, length) =>
        part.slice(from, from + length + 1),
      ),
    ).flat(),
  );
  const labels = template.includes("{preset}") ? new Set(pieces) : [""];
  for (const preset of labels) {
    const [before = "", after = ""] = template.split("{path}").map((part) => {
      return fillTemplate(part, { preset, path: "", ext: "auto" });
    });
    if (text.length <= before.length + after.length) continue;
    if (text.startsWith(before) && text.endsWith(after)) return true;
  }
  return false;
}
