import { basename } from "node:path";
import { type ParseResult, parse } from "@babel/parser";
import type { Node, ObjectExpression, ObjectProperty } from "@babel/types";
import type { Preset } from "@imagefleet/core/recipe";
import MagicString from "magic-string";
import { TUNED_FORMATS, type TunedFormat } from "./setting.ts";

/** The values of one format of a preset that are written. A value that is absent stays as it is. */
export interface Chosen {
  /** The preset's name. */
  readonly name: string;
  readonly format: TunedFormat;
  readonly quality?: number;
  readonly effort?: number;
  readonly mozjpeg?: boolean;
}

/** A preset whose value in the source text cannot be changed, and what a person would write there. */
interface Unwritten {
  readonly name: string;
  readonly fields: string;
}

export interface Written {
  readonly text: string;
  readonly names: readonly string[];
  readonly unwritten: readonly Unwritten[];
}

/** By it, the comment of an earlier run is found again. */
const COMMENT = " Quality and effort by imagefleet tune";

/**
 * Writes values into the text of a recipe. Everything else in it stays as it is.
 *
 * @param presets of the recipe: what was not chosen keeps its values
 * @param chosen of the recipe's own formats
 * @param basis what the comment says of the values: "score 80, of 20 images"; absent: no comment is written
 * @throws SyntaxError for a text that is not TypeScript
 */
export function writeTuned(
  text: string,
  { presets: recipe, chosen }: { presets: readonly Preset[]; chosen: readonly Chosen[] },
  basis?: string,
): Written {
  const file = parse(text, { sourceType: "module", plugins: ["typescript"] });
  const presets = presetsIn(file);
  const edited = new MagicString(text);
  const names: string[] = [];
  const unwritten: Unwritten[] = [];
  for (const [name, formats] of Map.groupBy(chosen, (each) => each.name)) {
    const fields = fieldsOf(
      recipe.filter((preset) => preset.name === name),
      formats,
    );
    if (fields.size === 0) continue;
    const value = presets && lastOf(presets, name)?.value;
    if (value && setFields(edited, value, fields)) names.push(name);
    else unwritten.push({ name, fields: written(fields) });
  }
  if (basis !== undefined && presets && names.length > 0)
    comment(edited, file, presets, `${COMMENT}: ${basis}.`);
  const result = edited.toString();
  // A recipe that cannot be read would stop the fleet.
  parse(result, { sourceType: "module", plugins: ["typescript"] });
  return { text: result, names, unwritten };
}

/** Names presets that cannot be changed, and what a person would write into them. */
export function unwrittenText(file: string, unwritten: readonly Unwritten[]): string {
  const lines = unwritten.map(({ name, fields }) => `  ${name}: ${fields}`);
  return `${basename(file)} makes these presets by code, which cannot be changed here. Write into them:\n${lines.join("\n")}`;
}

/** A property that counts: nothing that is spread after it replaces it. */
function lastOf(object: ObjectExpression, name: string): ObjectProperty | undefined {
  const property = propertyOf(object, name);
  const { properties } = object;
  const spread = properties.findLastIndex(({ type }) => type === "SpreadElement");
  return property && properties.indexOf(property) > spread ? property : undefined;
}

type Fields = Map<string, string>;

/** What a preset gets: one value, or one for each of its formats. */
function fieldsOf(presets: readonly Preset[], all: readonly Chosen[]): Fields {
  const chosen = new Map<string, Chosen>(all.map((each) => [each.format, each]));
  const fields: Fields = new Map();
  // The widths of a format have the same values.
  const formats = [...new Map(presets.map((preset) => [preset.format, preset])).values()];
  const set = (name: "quality" | "effort", of: (preset: Preset) => number | undefined) => {
    if (all.every((each) => each[name] === undefined)) return;
    const values = formats.flatMap((preset) => {
      const value = of(preset);
      return value === undefined ? [] : [{ format: preset.format, value }];
    });
    const [only] = values;
    if (only && formats.length === 1) fields.set(name, String(only.value));
    else if (only) {
      fields.set(name, `{ ${values.map((each) => `${each.format}: ${each.value}`).join(", ")} }`);
    }
  };
  const hasQuality = ({ format, palette }: Preset) =>
    palette || TUNED_FORMATS.some((each) => each === format);
  set("quality", (preset) => {
    const found = chosen.get(preset.format)?.quality;
    return found ?? (hasQuality(preset) ? preset.quality : undefined);
  });
  set("effort", ({ format, effort }) => chosen.get(format)?.effort ?? effort);
  const { mozjpeg } = chosen.get("jpeg") ?? {};
  if (mozjpeg !== undefined) fields.set("mozjpeg", String(mozjpeg));
  return fields;
}

function written(fields: Fields): string {
  return [...fields]
    .filter(([, value]) => value !== "false")
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

/** @returns false, and changes nothing, where the value of a preset is not written out */
function setFields(edited: MagicString, value: Node, fields: Fields): boolean {
  const text = edited.original;
  if (value.type === "StringLiteral") {
    const { start, end } = spanOf(value);
    edited.overwrite(start, end, `{ size: ${text.slice(start, end)}, ${written(fields)} }`);
    return true;
  }
  if (value.type !== "ObjectExpression") return false;
  const { properties } = value;
  const known = [...fields.keys()].flatMap((name) => propertyOf(value, name) ?? []);
  // What is spread after a property replaces it.
  const spread = properties.findLastIndex(({ type }) => type === "SpreadElement");
  if (known.some((property) => properties.indexOf(property) < spread)) return false;
  const last = properties.at(-1);
  if (last === undefined) {
    edited.overwrite(spanOf(value).start, spanOf(value).end, `{ ${written(fields)} }`);
    return true;
  }
  for (const [name, field] of fields) {
    const property = propertyOf(value, name);
    if (property) {
      const { start, end } = spanOf(property);
      edited.overwrite(start, end, `${name}: ${field}`);
      continue;
    }
    // An absent mozjpeg is false.
    if (field === "false") continue;
    const { start, end } = spanOf(last);
    const line = text.lastIndexOf("\n", start) + 1;
    const isAlone = text.slice(line, start).trim() === "";
    const gap = isAlone ? `${newline(text)}${text.slice(line, start)}` : " ";
    edited.appendRight(end, `,${gap}${name}: ${field}`);
  }
  return true;
}

/** The `presets` of what the module exports, where they are written out in it. */
function presetsIn({ program }: ParseResult): ObjectExpression | undefined {
  const exported = program.body.find((each) => each.type === "ExportDefaultDeclaration");
  const { declaration } = exported ?? {};
  const recipe = declaration && objectIn(declaration);
  const presets = recipe && propertyOf(recipe, "presets")?.value;
  return presets?.type === "ObjectExpression" ? presets : undefined;
}

/** The object that an expression is, or that it hands to `defineRecipe`. */
function objectIn(node: Node): ObjectExpression | undefined {
  switch (node.type) {
    case "ObjectExpression":
      return node;
    case "CallExpression": {
      const [first] = node.arguments;
      return first && objectIn(first);
    }
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
      return objectIn(node.expression);
    default:
      return undefined;
  }
}

function propertyOf(object: ObjectExpression, name: string): ObjectProperty | undefined {
  // Of two with one name the last one counts.
  for (const property of object.properties.toReversed()) {
    if (property.type !== "ObjectProperty" || property.computed) continue;
    const { key } = property;
    if (key.type === "Identifier" && key.name === name) return property;
    if (key.type === "StringLiteral" && key.value === name) return property;
  }
  return undefined;
}

/** Puts the comment in the place of that of an earlier run, or above the first preset. */
function comment(
  edited: MagicString,
  { comments = [] }: ParseResult,
  presets: ObjectExpression,
  text: string,
): void {
  const { start, end } = spanOf(presets);
  const earlier = comments?.find((each) => {
    const { start: from, end: to } = spanOf(each);
    return from > start && to < end && each.value.startsWith(`${COMMENT}:`);
  });
  if (earlier) {
    const isLine = earlier.type === "CommentLine";
    edited.overwrite(earlier.start ?? 0, earlier.end ?? 0, isLine ? `//${text}` : `/*${text} */`);
    return;
  }
  const [first] = presets.properties;
  const at = first ? spanOf(first).start : start + 1;
  const line = edited.original.lastIndexOf("\n", at) + 1;
  const before = edited.original.slice(line, at);
  // Beside the first preset, the rest of the line would be a comment too.
  const isAlone = before.trim() === "" && line > start;
  const written = isAlone ? `${newline(edited.original)}${before}//${text}` : ` /*${text} */`;
  edited.appendLeft(start + 1, written);
}

function newline(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function spanOf({ start, end }: { start?: number | null; end?: number | null }) {
  return { start: start ?? 0, end: end ?? 0 };
}
