import { hash } from "node:crypto";
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { address, picture, pictureHtml, placeholder } from "@imagefleet/client";
import { manifestPattern } from "@imagefleet/core/plan";
import { presetLabel, type Recipe } from "@imagefleet/core/recipe";
import { type Manifest, RenditionStore } from "@imagefleet/core/store";
import { SCRIPT, STYLE } from "./assets.ts";

/** The path of the page at the edge. */
export const GALLERY = "/_gallery";

const PER_PAGE = 24;

/** The only script that the page may run. */
const SCRIPT_HASH = hash("sha256", SCRIPT, "base64");

/** How wide a picture is in the page's grid. */
const SIZES = "(min-width: 60rem) 18rem, (min-width: 40rem) 46vw, 94vw";

/** A page of the pictures in the rendition bucket, as a front end shows them. */
export class Gallery {
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #recipe: Recipe;
  readonly #renditions: RenditionStore;

  constructor(s3: S3Client, bucket: string, recipe: Recipe) {
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#recipe = recipe;
    this.#renditions = new RenditionStore(s3, bucket);
  }

  /** @param query `after`: the key of the last manifest of the page before */
  async page(query: URLSearchParams): Promise<string> {
    const { before: Prefix } = manifestPattern(this.#recipe);
    const { Contents = [], IsTruncated } = await this.#s3.send(
      new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix,
        StartAfter: query.get("after") ?? undefined,
        MaxKeys: PER_PAGE,
      }),
    );
    const keys = Contents.map(({ Key = "" }) => Key);
    const signal = AbortSignal.timeout(30_000);
    const found = await Promise.all(keys.map((key) => this.#renditions.manifest(key, signal)));
    const manifests = found.flatMap((stored) => stored?.manifest ?? []);
    const cards = manifests.map((manifest, at) => this.#card(manifest, at));
    const next = IsTruncated
      ? `<nav><a href="${GALLERY}?after=${encodeURIComponent(keys.at(-1) ?? "")}">More pictures</a></nav>`
      : "";
    const none = "<p>There are no pictures yet.</p>";
    return document(cards.length > 0 ? `<main>${cards.join("\n")}</main>${next}` : none);
  }

  #card(manifest: Manifest, at: number): string {
    const { key, width, height } = manifest.source;
    const name = `<figcaption><b>${escaped(key)}</b>`;
    if (manifest.rejected !== undefined) {
      const { reason, message } = manifest.rejected;
      return `<figure class="rejected">${name}<p>${escaped(`${reason}: ${message}`)}</p></figcaption></figure>`;
    }
    const data = picture(manifest, widestOf(manifest), { sizes: SIZES });
    const html =
      data &&
      pictureHtml(data, {
        alt: key,
        // What is seen first does not wait for the layout.
        loading: at < 2 ? "eager" : "lazy",
        placeholder: placeholder(manifest),
      });
    const size = width === undefined ? "" : `<span>${width} × ${height}</span>`;
    return `<figure>${html ?? ""}${name} ${size}<p>${this.#links(manifest)}</p></figcaption></figure>`;
  }

  /** The negotiated address of each preset and width, with the version of the content. */
  #links(manifest: Manifest): string {
    const found = this.#recipe.presets.flatMap((preset) => {
      const { name, width } = preset;
      const href = address(this.#recipe, name, manifest, width === undefined ? {} : { width });
      return href === undefined ? [] : [{ href, label: presetLabel(preset) }];
    });
    // Widths above that of a small source have the address of its widest.
    return [...Map.groupBy(found, ({ href }) => href)]
      .map(([href, [first]]) => `<a href="${escaped(href)}">${escaped(first?.label ?? "")}</a>`)
      .join(" ");
  }
}

/** The preset with the most widths; of several, the one with the largest picture. */
function widestOf({ srcset = {} }: Manifest): string {
  const ranked = Object.entries(srcset).map(([preset, files]) => {
    const widths = files.map(({ width }) => width);
    return { preset, count: new Set(widths).size, most: Math.max(...widths) };
  });
  const [first] = ranked.toSorted((a, b) => b.count - a.count || b.most - a.most);
  return first?.preset ?? "";
}

function document(body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_HASH}'">
<title>Imagefleet</title>
<style>${STYLE}</style>
<h1>Imagefleet</h1>
${body}
<script>${SCRIPT}</script>
</html>
`;
}

/** For text and for attributes in double quotes. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
