import type { Json } from "./resource.ts";

/** Pulumi marks a secret as an object with this key; its value is inside. */
const MARK = "4dabf18193072939515e22adb298388d";

/** As JSON, with secrets opened: a mock's have nothing to hide. */
export function plain(value: unknown): { [key: string]: Json } {
  const json: { [key: string]: Json } = JSON.parse(JSON.stringify(value ?? {}), (_key, each) =>
    typeof each === "object" && each !== null && MARK in each ? each.value : each,
  );
  return json;
}
