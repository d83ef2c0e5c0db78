export type { Answer, NotFoundReason } from "./answer.ts";
export { type DeliverResources, deliver } from "./deliver.ts";
