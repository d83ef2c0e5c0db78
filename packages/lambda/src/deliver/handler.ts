import type { LambdaFunctionURLResult } from "aws-lambda";
import { compose } from "./compose.ts";
import { respond } from "./respond.ts";
import type { HttpResponse } from "./response.ts";

const program = await compose();

interface Context {
  getRemainingTimeInMillis(): number;
}

/**
 * Lambda's handler behind a function URL that streams (InvokeMode RESPONSE_STREAM): up to 200 MB, the
 * first 6 MB without a rate limit. A returned response could have 6 MB with base64, 4.5 MB of image.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 *
 * `sst dev` runs handlers without Lambda's global, and without streams. The AWS SDK then sets an empty one
 * (src/invoke-store.ts of https://github.com/awslabs/aws-lambda-invoke-store).
 */
export const handler =
  typeof awslambda === "undefined" || !("streamifyResponse" in awslambda)
    ? async (event: unknown, context: Context) => returned(await responseTo(event, context))
    : awslambda.streamifyResponse<unknown>(async (event, stream, context) =>
        write(await responseTo(event, context), stream),
      );

function responseTo(event: unknown, context: Context): Promise<HttpResponse> {
  return respond(event, context.getRemainingTimeInMillis(), program);
}

/**
 * Status and headers precede the first write, also one of nothing. Without a write they are lost: `end`
 * does not send them, not even with data (`_onBeforeFirstWrite` in src/stream/response-stream.ts of
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client).
 */
function write(
  { status, headers, body }: HttpResponse,
  stream: awslambda.HttpResponseStream,
): Promise<void> {
  const response = awslambda.HttpResponseStream.from(stream, { statusCode: status, headers });
  return new Promise((resolve, reject) => {
    response.on("error", reject);
    response.write(body.length > 0 ? body : "");
    response.end(() => resolve());
  });
}

function returned({ status, headers, body }: HttpResponse): LambdaFunctionURLResult {
  const base64 = Buffer.from(body).toString("base64");
  return { statusCode: status, headers: { ...headers }, body: base64, isBase64Encoded: true };
}
