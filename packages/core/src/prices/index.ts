export { type CatalogAccount, type CatalogUse, catalogAccount } from "./catalog.ts";
export {
  FUNCTION,
  FUNCTION_SECOND_USD,
  functionSeconds,
  TASK,
  TASK_SECOND_USD,
  taskSeconds,
} from "./compute.ts";
export { logPrice } from "./logs.ts";
export { PRICES } from "./prices.ts";
