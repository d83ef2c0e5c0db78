import { CONTENT_TYPES } from "@imagefleet/core/recipe";
import type { Request } from "./load.ts";
import { WIDTH } from "./recipe.ts";

export const FORMATS = ["webp", "avif", "jpeg"] as const;
export type Format = (typeof FORMATS)[number];

/** `slow` is the fleet with the effort of Next.js. */
export const CONTESTANTS = ["imagefleet", "slow", "ipx", "next"] as const;
export type Contestant = (typeof CONTESTANTS)[number];

export const NAMES: Readonly<Record<Contestant, string>> = {
  imagefleet: "imagefleet",
  slow: "imagefleet, their effort",
  ipx: "ipx",
  next: "next/image",
};

/**
 * The quality at which each peer's renditions of the photos have the SSIM of the fleet's, with which it is
 * printed. Neither peer has a setting of the effort: ipx has sharp's, which is 4; Next.js has 4 for WebP,
 * 3 for AVIF, and mozjpeg. Next.js also takes 5/8 of the quality for AVIF.
 */
export const QUALITIES: Readonly<Record<"ipx" | "next", Readonly<Record<Format, number>>>> = {
  ipx: { webp: 77, avif: 58, jpeg: 80 },
  next: { webp: 77, avif: 83, jpeg: 85 },
};

/** A source: its key, its presigned URL, and the file that it is. */
export interface Source {
  readonly key: string;
  readonly url: string;
  readonly photo: string;
}

const EXTENSIONS: Readonly<Record<Format, string>> = { webp: "webp", avif: "avif", jpeg: "jpg" };

/** The request for a rendition of the width, as pages of each contestant write it. */
export function requestFor(
  contestant: Contestant,
  base: string,
  format: Format,
  source: Pick<Source, "key" | "url">,
): Request {
  const accept = format === "jpeg" ? "*/*" : CONTENT_TYPES[format];
  const to = NAMES[contestant];
  switch (contestant) {
    case "imagefleet":
      return { to, url: `${base}/hero/${source.key}.${EXTENSIONS[format]}`, accept };
    case "slow":
      return { to, url: `${base}/slow/${source.key}.${EXTENSIONS[format]}`, accept };
    case "ipx": {
      const modifiers = `w_${WIDTH},f_${format},q_${QUALITIES.ipx[format]}`;
      return { to, url: `${base}/${modifiers}/${encodeURIComponent(source.url)}`, accept };
    }
    case "next": {
      const q = String(QUALITIES.next[format]);
      const query = new URLSearchParams({ url: source.url, w: String(WIDTH), q });
      return { to, url: `${base}/_next/image?${query}`, accept };
    }
  }
}
