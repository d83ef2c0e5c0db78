export {
  type CatalogNames,
  IMAGE_STATUSES,
  type ImageItem,
  type ImageRendition,
  type ImageStatus,
  type ImageView,
  imageId,
  imageSchema,
  itemOf,
  keyOfId,
  viewOf,
} from "./item.ts";
export { committedId } from "./notification.ts";
export { type Notification, notificationSchema } from "./notification-schema.ts";
export { type Cause, type ProjectContext, project } from "./project.ts";
export { EVENT_SOURCE, type Publish, publishTo } from "./publisher.ts";
export { differences, rebuild } from "./rebuild.ts";
export {
  CatalogTable,
  type ImagePage,
  openTable,
  type PageItem,
  USER_INDEX,
} from "./table.ts";
