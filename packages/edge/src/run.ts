import { createHmac } from "node:crypto";
import { createContext, Script } from "node:vm";
import type { EdgeRequest, EdgeResponse, RequestEvent, ResponseEvent } from "./event.ts";

/** What a function of the viewer request returns: the request to go on with, or an answer. */
export type RequestResult = EdgeRequest | EdgeResponse;

/** The value of a key in the function's key value store. */
export type KeyValues = (key: string) => string | undefined;

/**
 * Runs the function of the viewer request, with the language's own objects and what CloudFront's runtime
 * has beside them, and nothing else.
 *
 * @example
 * const onRequest = requestHandler(compileEdge(recipe).request);
 */
export function requestHandler(
  code: string,
  values: KeyValues = () => undefined,
): (event: RequestEvent) => Promise<RequestResult> {
  const handler = loadFunction(code, values);
  return async (event) => JSON.parse(String(await handler(JSON.stringify(event))));
}

/** Runs the function of the viewer response in the same way. */
export function responseHandler(code: string): (event: ResponseEvent) => Promise<EdgeResponse> {
  const handler = loadFunction(code, () => undefined);
  return async (event) => JSON.parse(String(await handler(JSON.stringify(event))));
}

/** What CloudFront's runtime has beside the language, as far as the functions use it. */
const RUNTIME = `
const console = { log() {}, error() {} };
const cf = { kvs: () => ({ get: async (key) => {
  const value = outside.get(key);
  if (value === undefined) throw new Error("KeyNotFound");
  return value;
} }) };
const require = () => ({ createHmac: (algorithm, secret) => {
  const hmac = { text: "", update: (text) => { hmac.text += text; return hmac; },
    digest: (encoding) => outside.hmac(algorithm, secret, hmac.text, encoding) };
  return hmac;
} });
`;

/**
 * A function of any event, with the language's own objects and what CloudFront's runtime has beside them.
 * Only texts go in and out of it: the event and what it returns, as JSON.
 *
 * @throws SyntaxError for code that cannot be parsed
 */
export function loadFunction(code: string, values: KeyValues): (event: string) => Promise<unknown> {
  const context = createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
  });
  const script = new Script(`"use strict";
(outside) => {
${RUNTIME}
${code.replace('import cf from "cloudfront";', "")}
return async (event) => JSON.stringify(await handler(JSON.parse(event)));
};`);
  const start: unknown = script.runInContext(context);
  if (typeof start !== "function") throw new Error("the code has no function");
  const handler: unknown = start({ get: values, hmac });
  if (typeof handler !== "function") throw new Error("the code has no function");
  return async (event) => handler(event);
}

function hmac(algorithm: string, secret: string, text: string, encoding: "base64url"): string {
  return createHmac(algorithm, secret).update(text).digest(encoding);
}
