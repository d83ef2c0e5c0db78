import { sourcePath } from "@imagefleet/core/keys";
import {
  EXTENSIONS,
  type Fit,
  type OutputFormat,
  type Recipe,
} from "@imagefleet/core/recipe-types";

/** A key that the edge knows: it verifies with the secrets of its store, and two may be in use. */
export interface SigningKey {
  readonly id: string;
  readonly secret: string;
}

/** A size that no preset has: px, within the bounds of the recipe's `delivery.adhoc`. */
export interface SignedSize {
  readonly width?: number;
  readonly height?: number;
  /** How the image fits both sides. Default: `inside`. */
  readonly fit?: Fit;
  /** 1 to 100. Default: the format's own. */
  readonly quality?: number;
  /** Default: the best of the recipe's `delivery.adhoc.formats` for each viewer. */
  readonly format?: OutputFormat;
  /** From when on the address is refused. Default: never. */
  readonly expires?: Date;
}

/**
 * The address of an image in a size that no preset has. Only who knows the secret can make one, so that
 * a viewer cannot ask for any number of sizes. Not for a browser: the secret stays on the server.
 *
 * @param sourceKey the key of the upload
 * @returns the path of the address, from `/s/` on
 * @throws Error naming the field that is outside of the recipe's bounds
 *
 * @example
 * const key = { id: "k1", secret: "kept in a secret store" };
 * const path = await signedAddress(recipe, "cats/tom.jpg", key, { width: 333, height: 200, fit: "cover" });
 */
export async function signedAddress(
  recipe: Recipe,
  sourceKey: string,
  key: SigningKey,
  size: SignedSize,
): Promise<string> {
  const ops = operations(recipe, size);
  const ext = size.format === undefined ? "auto" : EXTENSIONS[size.format];
  const path = `${sourcePath(recipe, sourceKey)}.${ext}`;
  if (!/^[a-z0-9]{1,32}$/.test(key.id)) {
    throw new Error(
      `the signing key's id is ${JSON.stringify(key.id)}: use 1 to 32 of a-z and 0-9`,
    );
  }
  const seconds = secondsOf(size.expires);
  const signature = await hmac(key.secret, `${key.id}.${seconds}/${ops}/${path}`);
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `/s/${key.id}.${seconds}.${signature}/${ops}/${encoded}`;
}

/** 0 stands for never in an address, and the edge reads at most eleven digits. */
const MAX_SECONDS = 99_999_999_999;

function secondsOf(expires: Date | undefined): number {
  if (expires === undefined) return 0;
  const seconds = expires instanceof Date ? Math.floor(expires.getTime() / 1000) : Number.NaN;
  if (seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw new Error(
    `expires is ${expires}: write a Date after 1970-01-01T00:00:00Z and before the year 5138`,
  );
}

/** In one order, and without what is the default: one size has one address. */
function operations({ delivery }: Recipe, size: SignedSize): string {
  const { adhoc } = delivery ?? {};
  if (adhoc === undefined)
    throw new Error("the recipe has no delivery.adhoc: add it, and pass the whole recipe");
  const { width, height, fit = "inside", quality, format } = size;
  if (width === undefined && height === undefined) {
    throw new Error("a size needs a width or a height");
  }
  bounded("width", width, adhoc.maxWidth);
  bounded("height", height, adhoc.maxHeight);
  bounded("quality", quality, 100);
  if (fit !== "inside" && (width === undefined || height === undefined)) {
    throw new Error(`fit is "${fit}": that needs a width and a height`);
  }
  if (format !== undefined && !adhoc.formats.includes(format)) {
    throw new Error(`format is "${format}": use one of ${adhoc.formats.join(", ")}`);
  }
  return [
    width !== undefined && `w=${width}`,
    height !== undefined && `h=${height}`,
    fit !== "inside" && `fit=${fit}`,
    quality !== undefined && `q=${quality}`,
  ]
    .filter(Boolean)
    .join();
}

function bounded(field: string, value: number | undefined, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)) return;
  throw new Error(`${field} is ${value}: write a whole number from 1 to ${max}`);
}

/** HMAC-SHA256 in base64url. */
async function hmac(secret: string, text: string): Promise<string> {
  const { subtle } = globalThis.crypto;
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", bytes.encode(secret), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await subtle.sign("HMAC", key, bytes.encode(text)));
  return btoa(String.fromCharCode(...signature))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
