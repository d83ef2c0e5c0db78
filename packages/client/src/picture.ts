import type { PresetName } from "@imagefleet/core/recipe-definition";
import type { Recipe } from "@imagefleet/core/recipe-types";
import { thumbHashToDataURL } from "thumbhash";
import { type AddressOptions, urlOf, versionQuery } from "./url.ts";

/** The part of a manifest that a page needs; a tombstone and a rejected source have neither field. */
export interface PictureManifest {
  readonly source?: { readonly key?: string; readonly etag?: string };
  readonly srcset?: Readonly<Record<string, readonly Candidate[]>> | undefined;
  readonly placeholder?: { readonly thumbhash: string; readonly color: string } | undefined;
  /** Of a tombstone: the source was deleted. */
  readonly removed?: boolean;
  /** Why the source has no renditions. */
  readonly rejected?: object | undefined;
}

/** One file; width and height in px. */
interface Candidate {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly type: string;
}

/** The attributes of a `<source>`. */
export interface PictureSource {
  /** A MIME type. */
  readonly type: string;
  readonly srcset: string;
  /** Only where there are several widths. */
  readonly sizes?: string;
}

/** The data of a `<picture>`: its sources in the order in which a browser tries them, then its `<img>`. */
export interface Picture {
  readonly sources: readonly PictureSource[];
  readonly img: {
    readonly src: string;
    readonly srcset?: string;
    readonly sizes?: string;
    /** px; with `height`, the browser reserves the space before the image has loaded. */
    readonly width: number;
    /** px */
    readonly height: number;
  };
  /** The dominant color, `#rrggbb`. */
  readonly color?: string;
}

export interface PictureOptions extends AddressOptions {
  /** The `sizes` attribute: the width of the image in the layout. Default: `100vw`. */
  readonly sizes?: string;
}

/**
 * The data of a `<picture>` element: only renditions that exist or are made on request, in the recipe's
 * order of formats, the last of them in the `<img>`.
 *
 * @typeParam R `typeof recipe`: a name that is not a preset of the recipe does not compile
 * @param manifest from the rendition bucket, or what `parseManifest` returned
 * @returns undefined where the manifest has no rendition of this preset: the source was rejected or
 *   deleted, or the preset is newer than the manifest. A misspelt name without `R` is undefined too,
 *   because a manifest does not tell it from a newer preset; `address` has the recipe and throws
 * @throws Error for a base of which a browser would make a folder of the page
 *
 * @example
 * import type recipe from "./recipe.ts";
 *
 * const data = picture<typeof recipe>(manifest, "hero", {
 *   base: "https://images.example.com/",
 *   sizes: "(min-width: 60rem) 50vw, 100vw",
 * });
 */
export function picture<R extends Recipe = Recipe>(
  manifest: PictureManifest,
  preset: PresetName<R>,
  { base = "/", sizes = "100vw", version = true }: PictureOptions = {},
): Picture | undefined {
  // Not an inherited property, such as "constructor".
  const own = manifest.srcset && Object.hasOwn(manifest.srcset, preset);
  const candidates = (own && manifest.srcset?.[preset]) || [];
  const query = version ? versionQuery(manifest.source?.etag) : "";
  const files = candidates.toSorted((a, b) => a.width - b.width);
  const types = [...new Set(candidates.map(({ type }) => type))];
  const sources = types.map((type): PictureSource => {
    const ofType = files.filter((each) => each.type === type);
    if (ofType.length === 1)
      return { type, srcset: ofType.map(({ key }) => urlOf(base, key, query)).join() };
    return {
      type,
      srcset: ofType.map((each) => `${urlOf(base, each.key, query)} ${each.width}w`).join(", "),
      sizes,
    };
  });
  const last = sources.pop();
  const largest = files.findLast(({ type }) => type === last?.type);
  if (last === undefined || largest === undefined) return undefined;
  const { key, width, height } = largest;
  return {
    sources,
    img: {
      src: urlOf(base, key, query),
      ...(last.sizes && { srcset: last.srcset, sizes }),
      width,
      height,
    },
    ...(manifest.placeholder && { color: manifest.placeholder.color }),
  };
}

/**
 * What to show until the image has loaded: a blurred image of about 30 px, as a data URL.
 *
 * @returns undefined where the manifest has none
 *
 * @example
 * img.style.backgroundImage = `url(${placeholder(manifest)})`;
 */
export function placeholder({ placeholder: found }: PictureManifest): string | undefined {
  if (found === undefined) return undefined;
  return thumbHashToDataURL(Uint8Array.from(atob(found.thumbhash), (byte) => byte.charCodeAt(0)));
}

export interface PictureHtmlOptions {
  /** The alternative text; `""` for an image that is decoration. */
  readonly alt: string;
  /** Default: `lazy`. `eager` for the image that is visible first. */
  readonly loading?: "lazy" | "eager";
  readonly class?: string;
  /** A data URL of `placeholder`. Default: the dominant color. */
  readonly placeholder?: string | undefined;
}

/**
 * A `<picture>` element as HTML. All values are escaped.
 *
 * @param data what `picture` returned
 *
 * @example
 * const data = picture(manifest, "hero");
 * const html = data && pictureHtml(data, { alt: "A cat", placeholder: placeholder(manifest) });
 */
export function pictureHtml(
  { sources, img, color }: Picture,
  { alt, loading = "lazy", class: className, placeholder: image }: PictureHtmlOptions,
): string {
  const style = image ? `background:center/cover url(${image})` : color && `background:${color}`;
  const attributes = { ...img, alt, loading, decoding: "async", class: className, style };
  const tags = sources.map((source) => tag("source", source));
  return `<picture>${tags.join("")}${tag("img", attributes)}</picture>`;
}

function tag(name: string, attributes: object): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value]) => ` ${attribute}="${escaped(String(value))}"`);
  return `<${name}${written.join("")}>`;
}

/** https://html.spec.whatwg.org/multipage/syntax.html#attributes-2: in double quotes, these two. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
