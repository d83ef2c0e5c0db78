import { createS3 } from "@imagefleet/core/aws";
import { openTable } from "@imagefleet/core/catalog";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { createLog } from "@imagefleet/core/telemetry";
import { uploadKeys } from "@imagefleet/core/uploads";
import shippedRecipe from "@imagefleet/workspace/recipe";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { readEnv } from "./env.ts";
import { Refusal } from "./refusal.ts";
import { readLimit, readRequest, readToken, readWanted } from "./request.ts";
import { Uploads } from "./uploads.ts";

/** The time to answer after the calls have been given up, ms. */
const ANSWER_MS = 1_000;

const PAGE = 20;

const env = readEnv();
const log = createLog("uploads", env.IMAGEFLEET_LOG_LEVEL);
const recipe =
  env.IMAGEFLEET_RECIPE === undefined ? shippedRecipe : await loadRecipe(env.IMAGEFLEET_RECIPE);
const client = { region: env.AWS_REGION, endpoint: env.AWS_ENDPOINT_URL };
const settings = env.IMAGEFLEET_UPLOADS;
const uploads = new Uploads({
  s3: createS3(client),
  bucket: env.IMAGEFLEET_SOURCE_BUCKET,
  table: openTable(env.IMAGEFLEET_TABLE, client),
  keys: uploadKeys(settings.key, recipe.source.prefix),
  recipe,
  settings,
  imagesUrl: env.IMAGEFLEET_IMAGES_URL,
  now: Date.now,
});

type Answer = APIGatewayProxyStructuredResultV2;

/** Lambda's handler: the HTTP API of uploads and images. The bytes of uploads never pass through it. */
export async function handler(
  event: unknown,
  lambda: { getRemainingTimeInMillis(): number },
): Promise<Answer> {
  const signal = AbortSignal.timeout(Math.max(0, lambda.getRemainingTimeInMillis() - ANSWER_MS));
  try {
    return await answer(event, signal);
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    log.error({ err: error }, "a request could not be answered: the client may repeat it");
    const message = "uploads and images are not available at the moment: repeat the request later";
    return refused(new Refusal(503, "CatalogUnavailable", message, {}, { "retry-after": "5" }));
  }
}

async function answer(event: unknown, signal: AbortSignal): Promise<Answer> {
  const { route, caller, id, query, idempotencyKey, body } = readRequest(event);
  switch (route) {
    case "POST /uploads":
      return json(
        201,
        await uploads.begin(caller, readWanted(body), readToken(idempotencyKey), signal),
      );
    case "POST /uploads/{id}/parts":
      return json(200, await uploads.parts(caller, id, signal));
    case "POST /uploads/{id}/complete":
      return json(200, await uploads.complete(caller, id, signal));
    case "DELETE /uploads/{id}":
      await uploads.abort(caller, id, signal);
      return { statusCode: 204 };
    case "GET /uploads/{id}":
      return json(200, await uploads.show(caller, id, signal));
    case "GET /images": {
      const page = { cursor: query["cursor"], limit: readLimit(query["limit"]) ?? PAGE };
      return json(200, await uploads.list(caller, page, signal));
    }
    case "DELETE /images/{id}":
      await uploads.remove(caller, id, signal);
      return { statusCode: 204 };
    default:
      throw new Refusal(404, "NotFound", `there is no ${route}`);
  }
}

function json(statusCode: number, body: object, headers: Record<string, string> = {}): Answer {
  return {
    statusCode,
    // What is answered is one user's, and its addresses can be used until they expire.
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

function refused({ status, code, message, details, headers }: Refusal): Answer {
  return json(status, { error: { code, message, ...details } }, { ...headers });
}
