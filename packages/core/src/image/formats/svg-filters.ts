import { Rejection } from "../../outcome/index.ts";
import { type Area, areaPixels } from "../../plan/index.ts";

/**
 * CPU seconds that librsvg takes for a filter's primitive on a megapixel, measured: most 0.15,
 * feTurbulence 0.6 (its octaves are bounded), feMorphology 4 (so is its radius), feConvolveMatrix
 * 0.012 for each number in its matrix.
 */
const SECONDS = { feTurbulence: 0.6, feMorphology: 4 } as const;
const OTHER_SECONDS = 0.15;
const MATRIX_SECONDS = 0.012;

/**
 * Refuses a drawing whose filters would be computed for longer than a decode may take: nothing can
 * interrupt one, and a few bytes of them cost hours. An estimate, as if each filter covered the
 * whole picture, wherever it is used; it is no fence against whoever sets out to get past it.
 *
 * @param svg the whole file
 * @param drawn the size that it is rasterized at, px
 * @param seconds how long the decode may take
 * @throws Rejection `SourceTooLarge`
 */
export function checkFilters(svg: Uint8Array, drawn: Area, seconds: number): void {
  const text = Buffer.from(svg.buffer, svg.byteOffset, svg.byteLength).toString("latin1");
  const primitives = text.match(/<(?:\w+:)?fe[A-Z][^>]*/g) ?? [];
  if (primitives.length === 0) return;
  const once = primitives.map(secondsOf).reduce((sum, each) => sum + each, 0);
  const estimate = (once * applications(text) * areaPixels(drawn)) / 1e6;
  if (estimate <= seconds) return;
  throw new Rejection(
    "SourceTooLarge",
    `the source is an SVG whose filters would take some ${Math.ceil(estimate)} s at ${drawn.width} x ${drawn.height} px, and limits.seconds is ${seconds}`,
  );
}

function secondsOf(primitive: string): number {
  const name = /fe[A-Z]\w*/.exec(primitive)?.[0];
  if (name === "feTurbulence" || name === "feMorphology") return SECONDS[name];
  if (name !== "feConvolveMatrix") return OTHER_SECONDS;
  const [, across = "3", down = across] =
    /order\s*=\s*["']\s*(\d+)(?:[\s,]+(\d+))?/.exec(primitive) ?? [];
  return Math.max(OTHER_SECONDS, Number(across) * Number(down) * MATRIX_SECONDS);
}

/** How often filters are applied: where they are named, by a style to anything, each in all copies. */
function applications(text: string): number {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const styles = (text.match(/<style[\s\S]*?<\/style/g) ?? []).join("");
  const styled = /filter\s*:/.test(styles) ? count(/<\w/g) : 0;
  return Math.max(1, count(/filter\s*[=:]/g) + styled) * (1 + count(/<(?:\w+:)?use\b/g));
}
