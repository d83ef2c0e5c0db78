export { adhocAt } from "./adhoc.ts";
export { type Answer, type NotFoundReason, notFound, unavailable } from "./answer.ts";
export { type DeliverResources, deliver } from "./deliver.ts";
