/**
 * Imagefleet for applications: what a page needs of a recipe and of a manifest. It has no codec and no
 * AWS SDK, and runs in Node, at the edge and in browsers.
 */
export { manifestKey, renditionKey } from "@imagefleet/core/keys";
export type {
  Manifest,
  ManifestPlaceholder,
  ManifestRendition,
  Tombstone,
} from "@imagefleet/core/manifest";
export type { Notification } from "@imagefleet/core/notification";
export { defineRecipe, type PresetName } from "@imagefleet/core/recipe-definition";
export type { Preset, Recipe } from "@imagefleet/core/recipe-types";
export {
  type AddressManifest,
  type AddressWidthOptions,
  address,
  manifestAddress,
} from "./address.ts";
export { parseManifest } from "./manifest.ts";
export { parseNotification } from "./notification.ts";
export {
  type Picture,
  type PictureHtmlOptions,
  type PictureManifest,
  type PictureOptions,
  type PictureSource,
  picture,
  pictureHtml,
  placeholder,
} from "./picture.ts";
export { type AddressRecipe, addressRecipe } from "./preset-addresses.ts";
export { type SignedSize, type SigningKey, signedAddress } from "./signed.ts";
export type { AddressOptions } from "./url.ts";
