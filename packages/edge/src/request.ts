import { EXTENSIONS, presetLabel, type Recipe } from "@imagefleet/core/recipe-types";
import { MARK } from "./response.ts";
import { keyExpression, type Labels, literal, shapeOf } from "./template.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** The longest address of such a key has each byte percent-encoded, and a size before it. */
const MAX_URI = 4 * MAX_KEY_BYTES;

/** Browsers send 150 characters. A function that runs for longer than about a millisecond is ended. */
const MAX_ACCEPT = 1024;

/**
 * The function of the viewer request. It lets through what is the key of a rendition, or stands for one,
 * and writes that key in one way only, so that the key is the cache key. Everything else ends here.
 *
 * Paths are tested as the core writes them (`sourcePath`): `%` in a key is followed by what the core
 * encodes, and `.`, `..` and empty segments are encoded.
 */
export function requestCode(recipe: Recipe, labels: Labels): string {
  const { groups, pattern } = shapeOf(recipe);
  const [only = ""] = labels.keys();
  const { adhoc } = recipe.delivery ?? {};
  return String.raw`
${adhoc ? 'import cf from "cloudfront";\nconst crypto = require("crypto");\nconst secrets = cf.kvs();' : ""}
const labels = {};
const names = [];
function add(exts, list) {
  list.split(" ").forEach((name) => {
    labels[name] = exts;
    names.push(name);
  });
}
${labelsCode(labels)}
const shape = ${pattern};
function keyOf(preset, path, ext) {
  return ${keyExpression(recipe)};
}
function has(table, name) {
  return Object.prototype.hasOwnProperty.call(table, name);
}
function answer(statusCode, text, headers) {
  headers["cache-control"] = { value: "public, max-age=60" };
  headers["content-type"] = { value: "text/plain; charset=utf-8" };
  return {
    statusCode: statusCode,
    statusDescription: text,
    headers: headers,
    body: { encoding: "text", data: text + "\n" }
  };
}
function decoded(uri) {
  if (uri.length > ${MAX_URI} || uri.charAt(0) !== "/" || /%2f/i.test(uri)) return undefined;
  try {
    return decodeURIComponent(uri.slice(1));
  } catch (error) {
    return undefined;
  }
}
function isSafe(path) {
  return !/[\u0000-\u001f\u007f-\u009f]/.test(path) && !/(^|\/)\.{0,2}(\/|$)/.test(path);
}
function isEncoded(path) {
  const isSegment = (segment) =>
    /^%2(?:F|E|E%2E)(?![\s\S])/.test(segment) || !/\\|%(?!25|5C|[01][0-9A-F]|7F|[89][0-9A-F])/.test(segment);
  return isSafe(path) && path.split("/").every(isSegment);
}
// For viewers that name no format.
function plain(exts) {
  const known = exts.filter((ext) => ext !== "avif");
  return known.filter((ext) => ext !== "webp").pop() || known.pop() || exts[0];
}
function accepted(header, exts) {
  const values = header ? header.multiValue || [header] : [];
  const accept = values.map((one) => one.value).join(",").slice(0, ${MAX_ACCEPT}).toLowerCase();
  let best = plain(exts);
  let most = 0;
  exts.forEach((ext) => {
    const type = "image/" + (ext === "jpg" ? "jpeg" : ext);
    let at = accept.indexOf(type);
    for (; at >= 0; at = accept.indexOf(type, at + 1)) {
      const end = accept.indexOf(",", at);
      const parameters = accept.slice(at + type.length, end < 0 ? ${MAX_ACCEPT} : end).split(";");
      if ((accept.slice(accept.lastIndexOf(",", at) + 1, at) + parameters[0]).trim() !== "") continue;
      let weight = "1";
      parameters.slice(1).forEach((parameter) => {
        const found = /^[ \t]*q[ \t]*=([\s\S]*)/.exec(parameter);
        if (found) weight = found[1].trim();
      });
      if (/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) && Number(weight) > most) {
        most = Number(weight);
        best = ext;
      }
    }
  });
  return best;
}
${classicCode(recipe, labels)}
${adhocCode(recipe)}
${adhoc ? "async " : ""}function handler(event) {
  const request = event.request;
  const headers = request.headers;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return answer(405, "Method Not Allowed", { allow: { value: "GET, HEAD" } });
  }
  delete headers[${literal(MARK)}];
  const asked = decoded(request.uri);
  const match = asked && shape.exec(asked);
  let isNegotiated = ${groups.ext > 0 ? `match && match[${groups.ext}] === "auto"` : "false"};
  let key;
  if (match) {
    const preset = ${groups.preset > 0 ? `match[${groups.preset}]` : literal(only)};
    const path = match[${groups.path}];
    const exts = has(labels, preset) ? labels[preset] : [];
    let ext = ${groups.ext > 0 ? `match[${groups.ext}]` : "exts[0]"};
    if (isNegotiated) ext = accepted(headers.accept, exts);
    if (exts.includes(ext) && isEncoded(path)) key = keyOf(preset, path, ext);
  }
  ${adhoc ? SIGNED : ""}
  ${recipe.delivery?.manifests ? manifestsCode(recipe) : ""}
  ${recipe.delivery?.classic ? "if (!key && asked) key = classic(asked);" : ""}
  const encoded = key && encodeURIComponent(key);
  // A byte is one character, or three from "%" on.
  if (!encoded || encoded.length - 2 * (encoded.split("%").length - 1) > ${MAX_KEY_BYTES}) {
    return answer(404, "Not Found", isNegotiated ? { vary: { value: "Accept" } } : {});
  }
  if (isNegotiated) headers[${literal(MARK)}] = { value: "1" };
  const v = request.querystring.v;
  const isVersion = v && !v.multiValue && v.value.length === 8 && /^[0-9a-f]{8}/.test(v.value);
  request.querystring = isVersion ? { v: { value: v.value } } : {};
  request.uri = "/" + encoded.split("%2F").join("/");
  return request;
}
`;
}

/** Labels by their extensions, which are written once for all of them. */
function groupsOf(labels: Labels): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [label, extensions] of labels) {
    const list = extensions.map(literal).join(", ");
    groups.set(list, [...(groups.get(list) ?? []), label]);
  }
  return groups;
}

function labelsCode(labels: Labels): string {
  return [...groupsOf(labels)]
    .map(([extensions, names]) => {
      return `add([${extensions}], ${literal(names.join(" "))});`;
    })
    .join("\n");
}

/** Also where the rest of the address is a mistake: one answer to all of them. */
const SIGNED = `if (asked && (asked === "s" || asked.startsWith("s/"))) {
    const found = await signed(asked.split("/"));
    if (!found) return answer(403, "Forbidden", {});
    isNegotiated = found.ext === "auto";
    key = found.keyOf(isNegotiated ? accepted(headers.accept, adhocExts) : found.ext);
  }`;

/**
 * A signed address is `/s/{key id}.{expires}.{signature}/{operations}/{path}.{ext}`, and the signature,
 * in base64url, is that of `{key id}.{expires}/{operations}/{path}.{ext}`. The secrets are in the key
 * value store of the function. Two of them may be in use, so that one replaces the other without a gap.
 *
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-custom-methods.html
 */
function adhocCode({ delivery, output }: Recipe): string {
  const { adhoc } = delivery ?? {};
  if (adhoc === undefined) return "";
  return String.raw`
const adhocExts = ${JSON.stringify(adhoc.formats.map((format) => EXTENSIONS[format]))};
function hmac(secret, text) {
  return crypto.createHmac("sha256", secret).update(text).digest("base64url");
}
async function signed(segments) {
  if (segments.length < 4) return undefined;
  const token = segments[1].split(".");
  const path = segments.slice(3).join("/");
  const dot = path.lastIndexOf(".");
  const ext = path.slice(dot + 1);
  const ops = /^(?:w=([1-9]\d*)(?:,h=([1-9]\d*)(?:,fit=(?:cover|contain|fill|outside))?)?|h=([1-9]\d*))(?:,q=(?:[1-9]\d?|100))?(?![\s\S])/.exec(segments[2]);
  if (!ops || Number(ops[1] || 1) > ${adhoc.maxWidth} || Number(ops[2] || ops[3] || 1) > ${adhoc.maxHeight}) return undefined;
  if (dot < 1 || (ext !== "auto" && !adhocExts.includes(ext)) || !isEncoded(path.slice(0, dot))) return undefined;
  if (token.length !== 3 || !/^(?:0|[1-9]\d{0,10})(?![\s\S])/.test(token[1])) return undefined;
  // A minute for clocks that differ.
  if (token[1] !== "0" && (Number(token[1]) + 60) * 1000 < Date.now()) return undefined;
  let secret;
  try {
    secret = await secrets.get("key." + token[0]);
  } catch (error) {
    return undefined;
  }
  const signature = hmac(secret, token[0] + "." + token[1] + "/" + segments[2] + "/" + path);
  // Compared as hashes, the time tells nothing of where they differ.
  if (hmac(secret, signature) !== hmac(secret, token[2])) return undefined;
  return {
    ext: ext,
    keyOf: (known) => ${literal(`${output.prefix}adhoc/`)} + segments[2] + "/" + path.slice(0, dot) + "." + known
  };
}
`;
}

/** A manifest has a key that no rendition has. */
function manifestsCode({ output }: Recipe): string {
  const folder = `${output.prefix}manifests/`;
  return `if (asked && asked.startsWith(${literal(folder)}) && asked.endsWith(".json") && isEncoded(asked.slice(${folder.length}, -5))) key = asked;`;
}

/**
 * A size as the first or second folder stands for the first preset of that size, in one format: CloudFront's
 * path patterns cannot tell such addresses from others, and so their errors could not say that `Accept` counts.
 */
function classicCode(recipe: Recipe, labels: Labels): string {
  if (!recipe.delivery?.classic) return "";
  return String.raw`
const sizes = ${JSON.stringify(numbersBySize(recipe, labels))};
function classic(asked) {
  if (!isSafe(asked)) return undefined;
  const segments = asked.split("/");
  for (let at = 0; at < 2 && at < segments.length - 1; at++) {
    const size = segments[at].replace(/^(\d+)x$/, "$1w").replace(/^x(\d+)$/, "$1h");
    if (!has(sizes, size)) continue;
    const path = segments.slice(0, at).concat(segments.slice(at + 1)).join("/");
    const preset = names[sizes[size]];
    return keyOf(preset, path.split("%").join("%25").split("\\").join("%5C"), plain(labels[preset]));
  }
  return undefined;
}
`;
}

/** Of each size the number of its first preset's label, in the code's order of labels. */
function numbersBySize({ presets }: Recipe, labels: Labels): Record<string, number> {
  const order = [...groupsOf(labels).values()].flat();
  const numbers: Record<string, number> = {};
  for (const preset of presets) {
    const { width, height } = preset;
    if (width === undefined && height === undefined) continue;
    const side = width === undefined ? `${height}h` : `${width}w`;
    const size = width === undefined || height === undefined ? side : `${width}x${height}`;
    numbers[size] ??= order.indexOf(presetLabel(preset));
  }
  return numbers;
}
