import { type ParseResult, parse } from "@babel/parser";
import type { Node, ObjectExpression, ObjectProperty } from "@babel/types";
import MagicString from "magic-string";
import type { TunedFormat } from "./search.ts";
import type { Tuned, TunedPreset } from "./tune.ts";

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
 * Writes the results into the text of a recipe. Everything else in it stays as it is.
 *
 * @param tuned of the recipe's own formats
 * @param basis from what they are: "20 images, score 80"
 * @throws SyntaxError for a text that is not TypeScript
 */
export function writeTuned(text: string, tuned: readonly TunedPreset[], basis: string): Written {
  const file = parse(text, { sourceType: "module", plugins: ["typescript"] });
  const presets = presetsIn(file);
  const edited = new MagicString(text);
  const names: string[] = [];
  const unwritten: Unwritten[] = [];
  for (const [name, formats] of Map.groupBy(tuned, (each) => each.name)) {
    const fields = fieldsOf(formats);
    if (fields.size === 0) continue;
    const value = presets && propertyOf(presets, name)?.value;
    if (value?.type === "ObjectExpression") setFields(edited, value, fields, text);
    else if (value?.type === "StringLiteral") {
      const { start, end } = spanOf(value);
      edited.overwrite(start, end, `{ size: ${text.slice(start, end)}, ${written(fields)} }`);
    } else {
      unwritten.push({ name, fields: written(fields) });
      continue;
    }
    names.push(name);
  }
  if (presets && names.length > 0) comment(edited, file, presets, `${COMMENT}: ${basis}.`);
  return { text: edited.toString(), names, unwritten };
}

type Fields = Map<string, string>;

/** What a preset gets; a field that only its absence can say is undefined there. */
function fieldsOf(formats: readonly TunedPreset[]): Fields {
  const best = formats.flatMap(({ format, best }) => (best ? [{ format, ...best }] : []));
  const efforts = best.filter(({ setting }) => setting.effort !== undefined);
  const fields: Fields = new Map();
  if (best.length > 0)
    fields.set(
      "quality",
      each(best, ({ point }) => point.quality),
    );
  if (efforts.length > 0)
    fields.set(
      "effort",
      each(efforts, ({ setting }) => setting.effort),
    );
  const jpeg = best.find(({ format }) => format === "jpeg");
  if (jpeg) fields.set("mozjpeg", String(jpeg.setting.mozjpeg ?? false));
  return fields;

  /** One value, or one for each of several formats. */
  function each(
    some: readonly ({ readonly format: TunedFormat } & Tuned)[],
    of: (one: Tuned) => number | undefined,
  ): string {
    const [only, second] = some;
    if (only && !second && formats.length === 1) return String(of(only));
    return `{ ${some.map((one) => `${one.format}: ${of(one)}`).join(", ")} }`;
  }
}

function written(fields: Fields): string {
  return [...fields]
    .filter(([, value]) => value !== "false")
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

function setFields(edited: MagicString, preset: ObjectExpression, fields: Fields, text: string) {
  for (const [name, value] of fields) {
    const known = propertyOf(preset, name);
    if (known) {
      const { start, end } = spanOf(known.value);
      edited.overwrite(start, end, value);
      continue;
    }
    // An absent mozjpeg is false.
    if (value === "false") continue;
    const last = preset.properties.at(-1);
    if (last === undefined) continue;
    const { start, end } = spanOf(last);
    const line = text.lastIndexOf("\n", start) + 1;
    const isAlone = text.slice(line, start).trim() === "";
    const gap = isAlone ? `\n${text.slice(line, start)}` : " ";
    edited.appendLeft(end, `,${gap}${name}: ${value}`);
  }
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
  for (const property of object.properties) {
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
  const earlier = comments?.find(({ value }) => value.startsWith(COMMENT));
  if (earlier) {
    edited.overwrite(earlier.start ?? 0, earlier.end ?? 0, `//${text}`);
    return;
  }
  const { start } = spanOf(presets);
  const [first] = presets.properties;
  const at = first ? spanOf(first).start : start + 1;
  const line = edited.original.lastIndexOf("\n", at) + 1;
  const before = edited.original.slice(line, at);
  const indent = before.trim() === "" ? before : "";
  edited.appendLeft(start + 1, `\n${indent}//${text}${indent === "" ? "\n" : ""}`);
}

function spanOf({ start, end }: { start?: number | null; end?: number | null }) {
  return { start: start ?? 0, end: end ?? 0 };
}
