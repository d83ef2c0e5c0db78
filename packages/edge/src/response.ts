import type { Recipe } from "@imagefleet/core/recipe-types";
import { literal, shapeOf } from "./template.ts";

/**
 * The request header by which the function of the viewer request tells that of the viewer response that
 * `Accept` decided the format. It goes to no origin, because no policy names it.
 */
export const MARK = "x-imagefleet-negotiated";

/** Metadata of a rendition: the ETag of the source that it was made from. */
const SOURCE_ETAG = "x-amz-meta-imagefleet-source-etag";

/** Of an answer that is another picture of the source than the one that was asked for. */
const SUBSTITUTE = "x-imagefleet-substitute";

/**
 * The function of the viewer response. CloudFront runs it for answers from the cache too, but not where
 * the origin answers 400 or more:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-status-codes
 *
 * AWS does not document whether it gets the request as the viewer sent it or as the function of the
 * viewer request left it. The latter has been observed; both work here.
 */
export function responseCode(recipe: Recipe): string {
  const { groups, pattern } = shapeOf(recipe);
  const isSigned = recipe.delivery?.adhoc
    ? 'asked.startsWith("s/") && asked.endsWith(".auto") || '
    : "";
  return String.raw`
const shape = ${pattern};
function isNegotiated(request) {
  if (request.headers[${literal(MARK)}]) return true;
  try {
    const asked = decodeURIComponent(request.uri).slice(1);
    const match = shape.exec(asked);
    return ${isSigned}(match !== null && match[${groups.ext}] === "auto");
  } catch (error) {
    return false;
  }
}
function handler(event) {
  const response = event.response;
  const headers = response.headers;
  const v = event.request.querystring.v;
  const etag = headers[${literal(SOURCE_ETAG)}];
  const isRight = (response.statusCode < 300 || response.statusCode === 304) && !headers[${literal(SUBSTITUTE)}];
  if (isRight && v && etag && /^[0-9a-f]{8}/.test(v.value) && etag.value.split('"').join("").slice(0, 8) === v.value) {
    headers["cache-control"] = { value: "public, max-age=31536000, immutable" };
  }
  Object.keys(headers).forEach((name) => {
    if (name === "server" || name.startsWith("x-amz-") || name.startsWith("x-amzn-")) delete headers[name];
  });
  if (isNegotiated(event.request)) {
    const vary = headers.vary ? headers.vary.value : "";
    if (!/(^|,)\s*accept\s*(,|$)/i.test(vary)) headers.vary = { value: vary ? vary + ", Accept" : "Accept" };
  }
  return response;
}
`;
}
