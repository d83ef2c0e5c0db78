import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * The links of a built site whose anchors do not exist. VitePress checks only that the page exists.
 *
 * @param {string} site the folder of the built site
 */
export function deadAnchors(site) {
  const pages = readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".html"))
    .map((file) => [join(site, file), readFileSync(join(site, file), "utf8")]);
  const ids = new Map(pages.map(([file, html]) => [file, found(html, / id="([^"]+)"/g)]));
  return pages.flatMap(([file, html]) =>
    found(html, /href="([^":]*#[^"]+)"/g)
      .filter((link) => {
        const [page = "", anchor = ""] = link.split("#");
        const from = page.startsWith("/") ? site : dirname(file);
        const target = page === "" ? file : join(from, page.replace(/\/$/, "/index.html"));
        return !ids.get(target)?.includes(decodeURIComponent(anchor));
      })
      .map((link) => `${relative(site, file)}: ${link}`),
  );
}

function found(html, pattern) {
  return [...html.matchAll(pattern)].map(([, text]) => text);
}
