export {
  FUNCTION,
  FUNCTION_SECOND_USD,
  functionSeconds,
  TASK,
  TASK_SECOND_USD,
  taskSeconds,
} from "./compute.ts";
export { PRICES } from "./prices.ts";
