import { MAX_USER_BYTES } from "@imagefleet/core/uploads";
import * as v from "valibot";
import { typesSchema } from "./env.ts";
import { Refusal } from "./refusal.ts";

/** The longest name of a file, percent-encoded: S3 keeps 2 KB of metadata with an object. */
const MAX_NAME = 1024;

const userSchema = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.check((user) => user.isWellFormed() && Buffer.byteLength(user) <= MAX_USER_BYTES),
);
const WHOLE = "must be a whole number of bytes, at least 1";
const bytes = v.pipe(v.number(WHOLE), v.safeInteger(WHOLE), v.minValue(1, WHOLE));

/**
 * What the authorizer of the API says of a caller: the claims of a JWT, or the context of the
 * application's own function.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const callerSchema = v.union([
  v.pipe(
    v.object({ jwt: v.object({ claims: v.object({ sub: userSchema }) }) }),
    v.transform(({ jwt }) => ({ user: jwt.claims.sub })),
  ),
  v.pipe(
    v.object({
      lambda: v.object({
        user: userSchema,
        maxBytes: v.optional(bytes),
        types: v.optional(typesSchema),
      }),
    }),
    v.transform(({ lambda }) => lambda),
  ),
]);

/** Who calls, and what the application's authorizer limits the caller to. */
export interface Caller {
  readonly user: string;
  readonly maxBytes?: number | undefined;
  readonly types?: readonly string[] | undefined;
}

const eventSchema = v.object({
  routeKey: v.string(),
  headers: v.optional(v.record(v.string(), v.optional(v.string())), {}),
  queryStringParameters: v.optional(v.record(v.string(), v.optional(v.string())), {}),
  pathParameters: v.optional(v.record(v.string(), v.optional(v.string())), {}),
  body: v.optional(v.string(), ""),
  isBase64Encoded: v.optional(v.boolean(), false),
  requestContext: v.object({ authorizer: v.optional(v.unknown()) }),
});

/** A request, of which API Gateway has checked the token. */
export interface ApiRequest {
  /** Such as `POST /uploads`. */
  readonly route: string;
  readonly caller: Caller;
  readonly id: string | undefined;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly idempotencyKey: string | undefined;
  readonly body: string;
}

/**
 * Reads an event of an HTTP API with the payload format 2.0.
 *
 * @throws ValiError for another event; Refusal for a caller without a user
 */
export function readRequest(event: unknown): ApiRequest {
  const read = v.parse(eventSchema, event);
  const caller = v.safeParse(callerSchema, read.requestContext.authorizer);
  if (!caller.success) {
    throw new Refusal(403, "NoUser", "the authorizer has named no user: a JWT needs `sub`");
  }
  return {
    route: read.routeKey,
    caller: caller.output,
    id: read.pathParameters["id"],
    query: read.queryStringParameters,
    idempotencyKey: read.headers["idempotency-key"],
    body: read.isBase64Encoded ? Buffer.from(read.body, "base64").toString() : read.body,
  };
}

const TYPE = "must be a MIME type such as image/jpeg";
const HASH = "must be a SHA-256 in base64: 44 characters, for 32 bytes";
const TEXT = "must be text without control characters";
const METHODS = ["post", "put", "multipart"] as const;

const name = v.pipe(
  v.string(TEXT),
  v.check((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), TEXT),
  v.transform((text) => encodeURIComponent(text)),
  v.maxLength(MAX_NAME, `must have at most ${MAX_NAME} characters when it is percent-encoded`),
);

const wantedFields = {
  contentType: v.string(TYPE),
  bytes: v.optional(bytes),
  sha256: v.optional(v.pipe(v.string(HASH), v.regex(/^[A-Za-z0-9+/]{43}=$/, HASH))),
  name: v.optional(name),
  method: v.optional(v.picklist(METHODS, `must be one of ${METHODS.join(", ")}`)),
};
const FIELDS = Object.keys(wantedFields);

/** The body of `POST /uploads`. Sizes are in bytes; `name` becomes percent-encoded. */
const wantedSchema = v.strictObject(wantedFields, ({ expected }) => {
  if (expected === "never") return `is not a field: use ${FIELDS.join(", ")}`;
  if (expected !== "Object") return TYPE;
  return 'must be an object such as {"contentType":"image/jpeg","bytes":123456}';
});
export type Wanted = v.InferOutput<typeof wantedSchema>;

const tokenSchema = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,128}$/));
const limitSchema = v.pipe(
  v.string(),
  v.regex(/^\d+$/),
  v.transform(Number),
  v.minValue(1),
  v.maxValue(100),
);

/** @throws Refusal that names the field and what it must be */
export function readWanted(body: string): Wanted {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), wantedSchema), body, {
    abortEarly: true,
  });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue) ?? undefined;
  const message =
    issue.type === "parse_json" ? "the body is not JSON: send one object" : describe(field, issue);
  throw new Refusal(400, "BadRequest", message, { field });
}

/** The most of a wrong value that an answer repeats, characters. */
const SHOWN = 100;

function describe(
  field: string | undefined,
  { input, message }: { readonly input: unknown; readonly message: string },
): string {
  if (field === undefined) return `the body ${message}`;
  if (!FIELDS.includes(field)) return `${field.slice(0, SHOWN)} ${message}`;
  if (input === undefined) return `${field} is missing: it ${message}`;
  return `${field} is ${JSON.stringify(input).slice(0, SHOWN)}: it ${message}`;
}

/** @throws Refusal for an invalid token */
export function readToken(given: string | undefined): string | undefined {
  if (given === undefined || v.is(tokenSchema, given)) return given;
  const message = "Idempotency-Key must be 1 to 128 visible characters of ASCII";
  throw new Refusal(400, "BadRequest", message, { field: "Idempotency-Key" });
}

/** @throws Refusal for another number */
export function readLimit(given: string | undefined): number | undefined {
  const parsed = v.safeParse(v.optional(limitSchema), given);
  if (parsed.success) return parsed.output;
  const message = `limit is ${JSON.stringify(given)}: it must be a whole number from 1 to 100`;
  throw new Refusal(400, "BadRequest", message, { field: "limit" });
}
