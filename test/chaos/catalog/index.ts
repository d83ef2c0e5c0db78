export { type CatalogViolation, checkCatalog } from "./check.ts";
export { ItemReader } from "./item-reader.ts";
export { type CatalogReport, catalogReport, repeatedOf } from "./report.ts";
export { itemsOf, Subscriber } from "./take.ts";
export { versionsOf } from "./version.ts";
