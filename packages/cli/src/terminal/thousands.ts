/** `12,345` */
export function thousands(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 dead letter`, `12,345 dead letters`. */
export function many(number: number, noun: string): string {
  return `${thousands(number)} ${noun}${number === 1 ? "" : "s"}`;
}
