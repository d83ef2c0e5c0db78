import { createServer, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import * as v from "valibot";

const nanoseconds = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((ns) => Number(BigInt(ns) / 1_000_000n)),
);

const attributes = v.pipe(
  v.optional(
    v.array(
      v.object({
        key: v.string(),
        value: v.object({
          stringValue: v.optional(v.string()),
          intValue: v.optional(v.union([v.string(), v.number()])),
        }),
      }),
    ),
    [],
  ),
  v.transform(
    (all): Record<string, unknown> =>
      Object.fromEntries(
        all.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
      ),
  ),
);

/** https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
const requestSchema = v.object({
  resourceSpans: v.array(
    v.object({
      resource: v.object({ attributes }),
      scopeSpans: v.array(
        v.object({
          spans: v.array(
            v.object({
              traceId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
              spanId: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
              parentSpanId: v.optional(v.string()),
              name: v.pipe(v.string(), v.nonEmpty()),
              kind: v.number(),
              startTimeUnixNano: nanoseconds,
              endTimeUnixNano: nanoseconds,
              attributes,
              status: v.object({ code: v.optional(v.number(), 0) }),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A received span; times in ms since the epoch. */
export interface ReceivedSpan {
  readonly service: unknown;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly requests: readonly { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  close(): Promise<void>;
}

const ERROR = 2;

/**
 * A collector for the programs' traces: OTLP, JSON over HTTP. It rejects invalid requests.
 *
 * @param answer another status than 200, or no response
 */
export async function startOtlpReceiver(answer: number | "never" = 200): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests.push({ headers: request.headers, body });
    if (answer === "never") return;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), requestSchema), body);
    const json = request.headers["content-type"] === "application/json";
    if (parsed.success && json && answer === 200) spans.push(...spansOf(parsed.output));
    response.writeHead(parsed.success && json ? answer : 400, {
      "content-type": "application/json",
    });
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1/traces`,
    spans,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function spansOf({ resourceSpans }: v.InferOutput<typeof requestSchema>): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map(({ startTimeUnixNano, endTimeUnixNano, status, ...span }) => ({
        ...span,
        parentSpanId: span.parentSpanId,
        service: resource.attributes["service.name"],
        from: startTimeUnixNano,
        to: endTimeUnixNano,
        failed: status.code === ERROR,
      })),
    ),
  );
}
