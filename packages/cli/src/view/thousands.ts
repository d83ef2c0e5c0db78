/** `12,345` */
export function thousands(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 letter`, `12,345 letters`. */
export function many(number: number, noun: string): string {
  return `${thousands(number)} ${noun}${number === 1 ? "" : "s"}`;
}
