import { createInterface } from "node:readline";
import type { Console } from "@imagefleet/console";
import type { Screen } from "../terminal/screen.ts";

export function linkText(opened: Console): string {
  return `console     ${opened.newLink()}`;
}

/** Shows a link, and another at each Enter: a link works once. It ends with its disposal. */
export function offerLinks(opened: Console, screen: Screen): Disposable {
  const show = () => screen.verbatim(linkText(opened));
  show();
  const lines = createInterface({ input: process.stdin });
  lines.on("line", show);
  return { [Symbol.dispose]: () => lines.close() };
}
