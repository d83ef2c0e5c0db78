import type { Recipe } from "@imagefleet/core/recipe-types";
import { requestCode } from "./request.ts";
import { responseCode } from "./response.ts";
import { labelsOf } from "./template.ts";

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions */
const MAX_BYTES = 10_240;

/** The code of the two CloudFront Functions, for the runtime `cloudfront-js-2.0`. */
export interface EdgeCode {
  /** Of the event `viewer-request`. */
  readonly request: string;
  /** Of the event `viewer-response`. */
  readonly response: string;
}

/**
 * The functions that stand before and after CloudFront's cache, compiled from a recipe.
 *
 * @throws Error when the recipe has more presets than a function has room for
 *
 * @example
 * const { request, response } = compileEdge(recipe);
 */
export function compileEdge(recipe: Recipe): EdgeCode {
  const labels = labelsOf(recipe);
  const code = {
    request: compact(requestCode(recipe, labels)),
    response: compact(responseCode(recipe)),
  };
  const bytes = Math.max(...Object.values(code).map(bytesOf));
  if (bytes > MAX_BYTES) {
    throw new Error(
      `the edge function of the recipe's ${labels.size} presets and widths has ${bytes} bytes, and CloudFront takes ${MAX_BYTES}: use fewer widths or shorter preset names`,
    );
  }
  return code;
}

/** Without indentation, comments and empty lines. No text of the code contains a line break. */
function compact(code: string): string {
  return `${code
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("// "))
    .join("\n")}\n`;
}

function bytesOf(code: string): number {
  return new TextEncoder().encode(code).length;
}
