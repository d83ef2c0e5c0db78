// The docs site: `npm run docs` serves it, and `npm test` builds it and fails on a dead link.
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { deadAnchors } from "./anchors.mjs";

const DOCS = join(import.meta.dirname, "..");
const ADR = join(DOCS, "adr");
const TEMPLATE = "deploy-role.json";

/** The sidebar's entries for the decisions: their first lines, "# 001: title". */
function decisions() {
  return readdirSync(ADR)
    .sort()
    .map((file) => {
      const [title = ""] = readFileSync(join(ADR, file), "utf8").split("\n");
      return { text: title.replace(/^# /, ""), link: `/adr/${file.replace(/\.md$/, "")}` };
    });
}

export default defineConfig({
  title: "Imagefleet",
  description:
    "Turns the images that your users upload to S3 into the renditions that your pages show.",
  lastUpdated: false,
  head: [["link", { rel: "icon", href: "data:," }]],
  ignoreDeadLinks: [/deploy-role\.json$/],
  buildEnd({ outDir }) {
    // A link leads to CloudFormation's template, which is not a page.
    copyFileSync(join(DOCS, TEMPLATE), join(outDir, TEMPLATE));
    const dead = deadAnchors(outDir);
    if (dead.length > 0) throw new Error(`links to missing anchors:\n${dead.join("\n")}`);
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: [
      {
        text: "Try",
        items: [
          { text: "Start here", link: "/" },
          { text: "The command line", link: "/cli" },
          { text: "The console", link: "/console" },
        ],
      },
      { text: "Recipe", items: [{ text: "The recipe", link: "/recipe" }] },
      {
        text: "Deploy",
        items: [
          { text: "Deploying", link: "/deploy" },
          { text: "Delivery", link: "/delivery" },
          { text: "Uploads, catalog, notifications", link: "/uploads" },
          { text: "Front ends", link: "/front-ends" },
          { text: "Scale", link: "/scale" },
          { text: "Permissions", link: "/permissions" },
        ],
      },
      {
        text: "Operate",
        items: [
          { text: "Operations", link: "/operations" },
          { text: "Logs, metrics, traces", link: "/telemetry" },
          { text: "Recovery", link: "/recovery" },
        ],
      },
      {
        text: "Reference",
        items: [
          { text: "Glossary", link: "/glossary" },
          { text: "Four articles, sentence by sentence", link: "/articles" },
        ],
      },
      {
        text: "Internals",
        items: [
          { text: "Architecture", link: "/architecture" },
          { text: "The protocol", link: "/protocol" },
          { text: "Chaos", link: "/chaos" },
        ],
      },
      { text: "Decisions", collapsed: true, items: decisions() },
    ],
  },
});
