import { createContext, Script } from "node:vm";
import type { EdgeRequest, EdgeResponse, RequestEvent, ResponseEvent } from "./event.ts";

/** What a function of the viewer request returns: the request to go on with, or an answer. */
export type RequestResult = EdgeRequest | EdgeResponse;

/**
 * Runs the function of the viewer request, with the language's own objects and nothing else.
 *
 * @example
 * const onRequest = requestHandler(compileEdge(recipe).request);
 */
export function requestHandler(code: string): (event: RequestEvent) => RequestResult {
  const handler = load(code);
  return (event) => JSON.parse(handler(JSON.stringify(event)));
}

/** Runs the function of the viewer response in the same way. */
export function responseHandler(code: string): (event: ResponseEvent) => EdgeResponse {
  const handler = load(code);
  return (event) => JSON.parse(handler(JSON.stringify(event)));
}

/** Only texts go in and out, so that no object of this program is within reach. */
function load(code: string): (event: string) => string {
  const context = createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
  });
  const script = new Script(
    `"use strict";\n${code}\n(event) => JSON.stringify(handler(JSON.parse(event)))`,
  );
  const handler: unknown = script.runInContext(context);
  if (typeof handler !== "function") throw new Error("the code has no function");
  return (event) => String(handler(event));
}
