import { EXTENSIONS, type Preset, presetLabel } from "@imagefleet/core/recipe-types";
import { folderOf, urlOf } from "./url.ts";

/** The part of a recipe that decides what addresses look like. */
export interface AddressRecipe {
  readonly output: { readonly prefix: string; readonly key: string };
  readonly presets: readonly Pick<Preset, "name" | "responsive" | "width" | "format">[];
}

/**
 * The part of a recipe that decides what addresses look like, as plain data: for a page's script, where
 * a whole recipe brings 8 kB of checks.
 *
 * @example
 * process.env.NEXT_PUBLIC_ADDRESSES = JSON.stringify(addressRecipe(recipe));
 */
export function addressRecipe({ output, presets }: AddressRecipe): AddressRecipe {
  return {
    output: { prefix: output.prefix, key: output.key },
    presets: presets.map(({ name, responsive, width, format }) => ({
      name,
      ...(responsive && { responsive }),
      ...(width !== undefined && { width }),
      format,
    })),
  };
}

/** The width and format that an application requests. */
export interface Resize {
  /** px. Default: the address's own. */
  readonly width?: number | undefined;
  /** Such as `avif`. Default, and where the preset has no such format: the address's own. */
  readonly format?: string | undefined;
}

/** The parts of an address. */
export interface ParsedAddress {
  readonly preset: AddressRecipe["presets"][number];
  /** The extension in the key: of a format, or `auto`. */
  readonly ext: string;
  /** The source's path in the key. */
  readonly path: string;
  /** What follows the path, with its `?`. */
  readonly query: string;
}

/** Where the edge negotiates the format. */
const AUTO = "auto";

/** The key that stands for all formats of a preset's label. */
export function autoKey(recipe: Pick<AddressRecipe, "output">, label: string, path: string) {
  return filled(recipe, label, AUTO).join(path);
}

/**
 * The parts of the address of a rendition; undefined for any other address.
 *
 * @param base where keys are served
 */
export function parseAddress(
  recipe: AddressRecipe,
  base: string,
  address: string,
): ParsedAddress | undefined {
  const folder = folderOf(base);
  if (!address.startsWith(folder)) return undefined;
  const end = address.search(/[?#]|$/);
  const key = decoded(address.slice(folder.length, end));
  if (key === undefined) return undefined;
  for (const preset of recipe.presets) {
    for (const ext of [EXTENSIONS[preset.format], AUTO]) {
      const [before, after] = filled(recipe, presetLabel(preset), ext);
      const path: string = key.slice(before.length, key.length - after.length);
      if (path !== "" && key === before + path + after) {
        return { preset, ext, path, query: address.slice(end) };
      }
    }
  }
  return undefined;
}

/**
 * The address of the same image in another width and format, of those that its preset has. No width is
 * larger than that of the given address, which is the widest of the source. Any other address is
 * returned as it is.
 */
export function resized(
  recipe: AddressRecipe,
  base: string,
  address: string,
  { width, format }: Resize,
): string {
  const found = parseAddress(recipe, base, address);
  if (found === undefined) return address;
  const { preset, path, query } = found;
  const widest = preset.width ?? 0;
  const labels = recipe.presets
    .filter(({ name }) => name === preset.name)
    .map((each) => ({ width: each.width ?? 0, label: presetLabel(each), ...each }))
    .filter((each) => each.width <= widest);
  const { label } = snapped(labels, width ?? widest) ?? { label: presetLabel(preset) };
  const exts = labels.map((each) => EXTENSIONS[each.format]);
  const wanted = format === "jpeg" ? EXTENSIONS.jpeg : format;
  const ext = exts.find((each) => each === wanted) ?? found.ext;
  return urlOf(base, filled(recipe, label, ext).join(path), query);
}

/** The narrowest that is at least as wide; else the widest. */
export function snapped<T extends { readonly width: number }>(
  candidates: readonly T[],
  width: number,
): T | undefined {
  const ascending = candidates.toSorted((a, b) => a.width - b.width);
  return ascending.find((each) => each.width >= width) ?? ascending.at(-1);
}

/** What stands before and after the source's path in a key: `{path}` occurs once in a template. */
function filled(
  { output }: Pick<AddressRecipe, "output">,
  preset: string,
  ext: string,
): [before: string, after: string] {
  const [before = "", after = ""] = output.key
    .split("{path}")
    .map((part) => part.replaceAll("{preset}", preset).replaceAll("{ext}", ext));
  return [output.prefix + before, after];
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
