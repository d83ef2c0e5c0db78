import { Rejection } from "../../outcome/index.ts";
import { type Area, areaPixels } from "../../plan/index.ts";

/**
 * CPU seconds that librsvg takes per filter primitive and megapixel, as measured: 0.15 for most,
 * 0.6 for feTurbulence (its octaves are limited), 4 for feMorphology (its radius is limited), and
 * 0.012 per number in the matrix of feConvolveMatrix.
 */
const SECONDS = { feTurbulence: 0.6, feMorphology: 4 } as const;
const OTHER_SECONDS = 0.15;
const MATRIX_SECONDS = 0.012;

/**
 * Rejects a drawing whose filters would take longer than a decode may: a filter cannot be
 * interrupted, and a few bytes can cost hours. This is an estimate as if each use of a filter
 * covered the whole image. It does not stop a file that is designed to evade it.
 *
 * @param svg the whole file
 * @param drawn the size at which it is rasterized, in px
 * @param seconds the longest time that the decode may take
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
    `the source is an SVG whose filters would take about ${Math.ceil(estimate)} s at ${drawn.width} x ${drawn.height} px, and limits.seconds is ${seconds}`,
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

/**
 * The number of times that filters are applied: references to them, style rules, and all copies.
 */
function applications(text: string): number {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const styles = (text.match(/<style[\s\S]*?<\/style/g) ?? []).join("");
  const styled = /filter\s*:/.test(styles) ? count(/<\w/g) : 0;
  return Math.max(1, count(/filter\s*[=:]/g) + styled) * (1 + count(/<(?:\w+:)?use\b/g));
}
