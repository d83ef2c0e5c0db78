export { onLines } from "./lines.ts";
