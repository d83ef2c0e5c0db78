import vm from "node:vm";
import type { Recipe } from "@imagefleet/core/recipe-types";
import { compileEdge } from "../../edge/src/index.ts";

/** Where the edge sends an address: undefined where it answers 404 itself. */
export type Edge = (
  address: string,
  accept?: string,
) => { readonly key: string; readonly version: string | undefined } | undefined;

/** The function of a recipe's viewer requests, as CloudFront would run it. */
export function edgeOf(recipe: Recipe): Edge {
  const context = vm.createContext(Object.create(null));
  vm.runInContext(compileEdge(recipe).request, context);
  return (address, accept) => {
    const url = new URL(address, "https://images.example.com");
    const querystring = Object.fromEntries(
      [...url.searchParams].map(([name, value]) => [name, { value }]),
    );
    const headers = accept === undefined ? {} : { accept: { value: accept } };
    const event = { request: { method: "GET", uri: url.pathname, querystring, headers } };
    const answer = JSON.parse(
      vm.runInContext(`JSON.stringify(handler(${JSON.stringify(event)}))`, context),
    );
    if (answer.statusCode !== undefined) return undefined;
    return {
      key: decodeURIComponent(answer.uri.slice(1)),
      version: answer.querystring.v?.value,
    };
  };
}
