// Draws docs/terminal.svg, which README shows: the real output of `npm start -- --once`.
// Run by hand: node scripts/terminal-picture.ts
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./checks.ts";

const LINE = 19;
/** The width of a character in px, at 14 px of a monospaced font. */
const CHARACTER = 8.43;
const COLORS: readonly (readonly [RegExp, string])[] = [
  [/^source .*$/, "#8b949e"],
  [/rejected \w+/, "#ff7b72"],
  [/(?<=(small|large) {2})rendered/, "#7ee787"],
  [/ {4}→ .*/, "#79c0ff"],
];

const data = mkdtempSync(join(tmpdir(), "imagefleet-picture-"));
const { stdout } = spawnSync(
  "node",
  ["packages/cli/src/main.ts", "start", "--once", "--port", "0", "--data", data],
  { cwd: ROOT, encoding: "utf8", env: { ...process.env, IMAGEFLEET_ENTRY: "start" } },
);
rmSync(data, { recursive: true });
const [, result] = stdout.split(/^(?=source )|\n\nrenditions /m);
if (result === undefined) throw new Error(`npm start printed no table: ${stdout}`);

const lines = ["$ npm start", "", ...result.trimEnd().split("\n")];
const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * CHARACTER) + 40;
const height = lines.length * LINE + 56;
const text = lines.map(
  (line, at) => `<text x="20" y="${58 + at * LINE}" xml:space="preserve">${colored(line)}</text>`,
);
const lights = ["#ff5f57", "#febc2e", "#28c840"].map(
  (color, at) => `<circle cx="${22 + at * 20}" cy="20" r="6" fill="${color}"/>`,
);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The output of npm start" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">
<rect width="100%" height="100%" rx="10" fill="#0d1117"/>
${[...lights, ...text].join("\n")}
</svg>
`;
writeFileSync(join(ROOT, "docs", "terminal.svg"), svg);

function colored(line: string): string {
  const [match] = COLORS.flatMap(([pattern, color]) => {
    const found = pattern.exec(line);
    return found ? [{ at: found.index, text: found[0], color }] : [];
  });
  if (match === undefined) return escaped(line);
  const before = line.slice(0, match.at);
  const after = line.slice(match.at + match.text.length);
  return `${escaped(before)}<tspan fill="${match.color}">${escaped(match.text)}</tspan>${escaped(after)}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
