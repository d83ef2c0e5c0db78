export { type Call, callOf, type Service } from "./call.ts";
export {
  type Decide,
  FAULTS,
  type Fault,
  type FaultKind,
  type Follow,
  type Observe,
} from "./fault.ts";
export { FaultProxy } from "./proxy.ts";
export { byRates, type RateOptions, type Rates } from "./rates.ts";
