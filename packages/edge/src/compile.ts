import { EXTENSIONS, type Preset, presetLabel, type Recipe } from "@imagefleet/core/recipe-types";
import { REQUEST } from "./request.ts";
import { RESPONSE } from "./response.ts";

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions */
const MAX_BYTES = 10_240;

/** The code of two CloudFront Functions of the runtime `cloudfront-js-2.0`. */
export interface EdgeFunctions {
  /** For the event `viewer-request`. */
  readonly request: string;
  /** For the event `viewer-response`. */
  readonly response: string;
}

/**
 * Compiles a recipe into the functions at CloudFront's edges. The first lets through what the recipe
 * can make, and rewrites the URI to the key of one rendition, so that the cache has one entry for
 * each. All data is in the code: it is published with the function at once, which a key value store
 * is not.
 *
 * @throws Error when a function would be larger than CloudFront allows
 *
 * @example
 * const { request, response } = compileEdge(recipe);
 */
export function compileEdge(recipe: Recipe): EdgeFunctions {
  const table = tableOf(recipe);
  const request = `${constants(table)}\n${REQUEST}`;
  const labels = Object.keys(table.labels).length;
  return {
    request: checked("request", request, labels),
    response: checked("response", RESPONSE, labels),
  };
}

/** The data of the request's function. */
interface Table {
  /** By label, the extensions of its formats in the recipe's order. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** The source of a regular expression over keys. Its groups are named in `groups`. */
  readonly pattern: string;
  /** What the groups of the pattern are, from 1. */
  readonly groups: readonly ("label" | "path" | "ext")[];
  /** What stands for the label where the template has none. */
  readonly only: string;
  readonly template: string;
  /** By size, as in `/360x270/`: the label. Only where the recipe asks for such addresses. */
  readonly sizes: Readonly<Record<string, string>>;
  /** What every manifest's key begins with; empty: manifests are not delivered. */
  readonly manifests: string;
}

function tableOf({ presets, output, delivery }: Recipe): Table {
  const labels = Object.fromEntries(
    [...Map.groupBy(presets, presetLabel)].map(([label, same]) => [
      label,
      same.map(({ format }) => EXTENSIONS[format]),
    ]),
  );
  const names = Object.keys(labels);
  const template = output.prefix + output.key;
  const words = { label: names, ext: [...new Set(Object.values(labels).flat()), "auto"] };
  const groups: Table["groups"][number][] = [];
  const pattern = template
    .split(/(\{[a-z]+\})/)
    .map((part) => {
      const group = part === "{preset}" ? "label" : part === "{path}" ? "path" : "ext";
      if (!["{preset}", "{path}", "{ext}"].includes(part)) return literal(part);
      const known = groups.indexOf(group) + 1;
      if (known > 0) return `\\${known}`;
      groups.push(group);
      return group === "path" ? "([\\s\\S]+)" : `(${words[group].map(literal).join("|")})`;
    })
    .join("");
  return {
    labels,
    pattern: `^${pattern}$`,
    groups,
    only: names[0] ?? "",
    template,
    sizes: delivery?.classic ? sizesOf(presets) : {},
    manifests: delivery?.manifests ? `${output.prefix}manifests/` : "",
  };
}

/** The first preset of each size. */
function sizesOf(presets: readonly Preset[]): Record<string, string> {
  const sized = presets.filter(({ width, height }) => width !== undefined || height !== undefined);
  return Object.fromEntries(
    sized
      .toReversed()
      .map((each) => [`${each.width ?? ""}x${each.height ?? ""}`, presetLabel(each)]),
  );
}

/** Not `RegExp.escape`, whose `\x2d` for a first letter costs bytes. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function constants({ labels, pattern, groups, only, template, sizes, manifests }: Table): string {
  const at = (group: Table["groups"][number]) => groups.indexOf(group) + 1;
  const short = Object.entries(labels).map(([label, exts]) => `${JSON.stringify(label)}:"${exts}"`);
  return [
    `const LABELS={${short.join(",")}};`,
    `const PATTERN=/${pattern}/;`,
    `const LABEL=${at("label")},PATH=${at("path")},EXT=${at("ext")};`,
    `const ONLY=${JSON.stringify(only)};`,
    `const TEMPLATE=${JSON.stringify(template)};`,
    `const SIZES=${JSON.stringify(sizes)};`,
    `const MANIFESTS=${JSON.stringify(manifests)};`,
  ].join("\n");
}

function checked(which: string, code: string, labels: number): string {
  const bytes = new TextEncoder().encode(code).length;
  if (bytes <= MAX_BYTES) return code;
  throw new Error(
    `the edge function of the ${which} has ${bytes} bytes for ${labels} preset labels, and CloudFront takes ${MAX_BYTES}: give presets fewer widths, or shorter names`,
  );
}
