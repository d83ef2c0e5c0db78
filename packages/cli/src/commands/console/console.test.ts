import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { bundle } from "@imagefleet/console";
import type { DeadLetterReason } from "@imagefleet/core/outcome";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Connection, connect } from "../../connection/connect.ts";
import { Cli } from "../../fixtures/cli.ts";
import { cut, photograph, put } from "../../fixtures/pictures.ts";
import { putDeadLetters } from "../dlq/fixtures/dead-letters.ts";
import { expectAccessible } from "./fixtures/accessible.ts";
import { hasChromium, launch, openLink } from "./fixtures/browser.ts";

/** Pictures of the fleet: a variable asks for more, as a fleet has. */
const PICTURES = Number(process.env["IMAGEFLEET_CONSOLE_PICTURES"] ?? 12);
/** Dead letters of each of five reasons. */
const LETTERS = 400;
/** With one that is broken. */
const SOURCES = (PICTURES + 1).toLocaleString("en-US");
const REASONS: readonly DeadLetterReason[] = [
  "SourceCorrupt",
  "Throttled",
  "TimedOut",
  "StoreUnavailable",
  "Crashed",
];
const RECIPE = `export default {
  presets: {
    thumb: { size: "64x64", fit: "cover", formats: ["webp", "jpeg"], quality: 60 },
    hero: { widths: [120, 200], format: "webp", when: "request" },
  },
};
`;
const PHONE = { width: 390, height: 844 } as const;
const DESKTOP = { width: 1280, height: 900 } as const;

/** Keeps what a person sees in the folder that a variable names. */
async function keepScreenshot(page: Page, name: string): Promise<void> {
  const dir = process.env["IMAGEFLEET_SCREENSHOTS"];
  if (dir === undefined) return;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, `${name}.png`), await page.screenshot({ fullPage: true }));
}

test("the page is at most 60 kB compressed", async () => {
  const { script, style } = await bundle();
  expect(gzipSync(script).length + gzipSync(style).length).toBeLessThan(60_000);
});

describe.runIf(hasChromium)(
  "the console of a local fleet",
  { timeout: 240_000 + 120 * PICTURES },
  () => {
    let folder: string;
    let fleet: Cli;
    let connection: Connection;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let problems: readonly string[];

    beforeAll(
      async () => {
        folder = await mkdtemp(join(tmpdir(), "imagefleet-console-"));
        const whole = await photograph(40);
        const cats = await Promise.all(Array.from({ length: 12 }, (_, n) => photograph(n * 30)));
        for (let n = 0; n < PICTURES; n++)
          await put(folder, `in/cats/${n}.jpg`, cats[n % 12] ?? whole);
        await put(folder, "in/broken.jpg", cut(whole));
        await writeFile(join(folder, "recipe.mjs"), RECIPE);
        const data = join(folder, "data");
        const how = ["--data", data, "--port", "0", "--recipe", join(folder, "recipe.mjs")];
        fleet = new Cli(["start", ...how, join(folder, "in")], { cwd: folder });
        const link = /http\S+/.exec(await fleet.line(/^console {5}/))?.[0] ?? "";
        connection = await connect({ data });
        await putLetters();
        browser = await launch();
        context = await browser.newContext({ viewport: DESKTOP, acceptDownloads: true });
        await context.grantPermissions(["clipboard-read", "clipboard-write"]);
        const watched = await openLink(context, link);
        ({ page, problems } = watched);
        page.setDefaultTimeout(30_000 + 20 * PICTURES);
      },
      240_000 + 120 * PICTURES,
    );
    afterAll(async () => {
      await browser?.close();
      connection?.[Symbol.dispose]();
      fleet?.signal("SIGINT");
      await fleet?.ended();
      await rm(folder, { recursive: true, force: true });
    });
    afterEach(() => expect(problems).toEqual([]));

    async function putLetters(): Promise<void> {
      const { small, large } = await connection.lanes();
      const sourceBucket = await connection.bucket("sourceBucket");
      const resources = {
        sourceBucket,
        lanes: {
          small: { deadLetters: small.deadLetters.url },
          large: { deadLetters: large.deadLetters.url },
        },
      };
      for (const reason of REASONS) {
        const key = (n: number) =>
          reason === "SourceCorrupt" ? "broken.jpg" : `cats/${n % PICTURES}.jpg`;
        const letters = Array.from({ length: LETTERS }, (_, n) => ({
          key: key(n),
          reason,
          lane: reason === "TimedOut" ? ("large" as const) : ("small" as const),
          message: `${key(n)}: attempt ${n} failed`,
          hoursAgo: n % 3,
        }));
        await putDeadLetters({ sqs: connection.sqs, resources }, letters);
      }
    }

    const goTo = (hash: string) => page.goto(`${new URL(page.url()).origin}/#/${hash}`);
    const heading = () => page.getByRole("heading", { level: 1 });

    async function run(dialog: Locator, name: RegExp, end: RegExp): Promise<string> {
      await dialog.getByRole("button", { name }).and(dialog.locator(":enabled")).click();
      const sentence = dialog.locator(".end .sentence").filter({ hasText: end });
      await sentence.waitFor({ timeout: 120_000 + 60 * PICTURES });
      return (await sentence.textContent()) ?? "";
    }

    test("an operator sees what failed, looks at it, redrives a reason and gets the proof in six actions", async () => {
      await heading().filter({ hasText: "dead letters" }).waitFor();
      await keepScreenshot(page, "now-desktop");
      let actions = 0;
      const click = async (target: Locator) => {
        actions++;
        await target.click();
      };
      await click(page.getByRole("link", { name: /Throttled/ }));
      await page.getByText(`of 2,001 that were read match`).waitFor();
      await page.locator(".letter img").first().waitFor();
      await keepScreenshot(page, "dead-letters-desktop");
      await click(page.locator(".letter a").first());
      await page.getByRole("heading", { level: 2, name: /cats\/\d+\.jpg/ }).waitFor();
      await page
        .getByText("The source was")
        .or(page.getByText("Every rendition"))
        .first()
        .waitFor();
      await keepScreenshot(page, "picture-desktop");
      actions++;
      await page.goBack();
      await click(page.getByRole("button", { name: /^Redrive 400/ }));
      const dialog = page.getByRole("dialog");
      await dialog.getByText("redrive exactly").waitFor();
      await keepScreenshot(page, "plan-desktop");
      actions++;
      const end = await run(dialog, /^Redrive 400$/, /redriven/);
      expect(end).toBe("400 redriven: 400 rendered.");
      await keepScreenshot(page, "proof-desktop");
      expect(actions).toBe(5);
      await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
      await page.getByText("There is nothing to do.").waitFor();
    });

    test("the command of an act, copied and run in a shell, does the same", async () => {
      await goTo("dead-letters?reason=SourceCorrupt");
      await page.getByRole("button", { name: /^Redrive 401/ }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Copy the command" }).click();
      const text = String(await page.evaluate("navigator.clipboard.readText()"));
      await dialog.getByRole("button", { name: "Cancel" }).click();
      expect(text).toContain(
        `dlq redrive --reason=SourceCorrupt --wait --yes --data=${folder}/data`,
      );
      const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
      const ran = promisify(execFile)("sh", ["-c", text], {
        cwd: folder,
        env: { ...process.env, PATH: path },
      });
      // The source is still damaged: it fails again, which the exit code says.
      await expect(ran).rejects.toMatchObject({
        code: 3,
        stdout: expect.stringMatching(/redriven: 401 failed again: SourceCorrupt/),
      });
    });

    test("Undo restores what was discarded, and Export saves the same dead letters", async () => {
      await goTo("dead-letters?reason=StoreUnavailable");
      const button = page.getByRole("button", { name: "Export 400" });
      const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
      const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
      expect(lines).toHaveLength(LETTERS);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ reason: "StoreUnavailable", version: 1 });
      await page.getByRole("button", { name: /^Discard 400/ }).click();
      const dialog = page.getByRole("dialog");
      expect(await run(dialog, /^Discard 400$/, /discarded/)).toBe("400 discarded.");
      expect(await run(dialog, /^Undo$/, /put back/)).toBe("Undone: 400 put back.");
      await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
      await page.getByRole("button", { name: /^Discard 400/ }).waitFor();
    });

    test("groups of messages, folders and hours narrow the scope, which the address keeps", async () => {
      await goTo("dead-letters");
      await page.locator("div[aria-busy=false]").waitFor();
      const groups = page.getByRole("region", { name: "Groups" });
      for (const [name, count] of [
        ["Message", 1],
        ["Folder", 2],
        ["Hour", 3],
      ] as const) {
        await groups.locator("label", { hasText: name }).click();
        await expect.poll(() => groups.locator(".rows > li").count()).toBeGreaterThanOrEqual(count);
      }
      await groups.locator(".rows a").first().click();
      await page.getByRole("list", { name: "Filter" }).getByText("last attempt").waitFor();
      await groups.locator("label", { hasText: "Folder" }).click();
      await groups.getByRole("link", { name: "cats/" }).click();
      await page.reload();
      await page.getByRole("list", { name: "Filter" }).getByText("cats/**").waitFor();
      expect(await page.getByRole("list", { name: "Filter" }).getByRole("listitem").count()).toBe(
        3,
      );
      await page.getByRole("link", { name: "remove all" }).click();
      await expect.poll(() => page.getByRole("list", { name: "Filter" }).count()).toBe(0);
    });

    test("a picture is found by an address, made again and purged", async () => {
      await goTo("picture");
      await page.getByRole("textbox").fill("thumb/cats/3.jpg.webp");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 2, name: "cats/3.jpg" }).waitFor();
      await page.getByRole("img", { name: "thumb, webp" }).waitFor();
      await page.getByRole("button", { name: "Make again" }).click();
      await page.locator(".end .sentence", { hasText: "1 source enqueued, all done." }).waitFor();
      await page.getByRole("button", { name: /^Purge/ }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("paths").waitFor();
      expect(await run(dialog, /^Purge/, /./)).toBe("Done.");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Read the log" }).click();
      await page.getByText(/log/i).last().waitFor();
    });

    test("reprocess, audit and warm are started, and show how they ended", async () => {
      await goTo("runs");
      await page.getByRole("button", { name: "Plan …" }).click();
      const dialog = page.getByRole("dialog");
      await dialog
        .getByText("There is nothing to do.")
        .or(dialog.getByText("sources"))
        .first()
        .waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("combobox", { name: "Which" }).selectOption("force");
      await page.getByRole("button", { name: "Plan …" }).click();
      expect(await run(dialog, new RegExp(`^Reprocess ${SOURCES}$`), /enqueued/)).toBe(
        `${SOURCES} sources enqueued, 1 failed: SourceCorrupt.`,
      );
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Audit", exact: true }).click();
      const audit = page.locator(".runs > li", { has: page.getByText("audit", { exact: true }) });
      await audit.getByText(/exit code/).waitFor();
      await page.getByRole("button", { name: "Warm", exact: true }).click();
      const warm = page.locator(".runs > li", { has: page.getByText("warm", { exact: true }) });
      await warm.getByText("exit code 0").waitFor();
      await keepScreenshot(page, "runs-desktop");
    });

    test("a value of the recipe is changed by looking, and written", async () => {
      await goTo("lab");
      await page.getByRole("textbox").fill(join(folder, "in/cats"));
      await page.getByRole("button", { name: "Take a sample" }).click();
      await page.getByText("A million pictures:").waitFor({ timeout: 120_000 });
      await page.getByRole("slider", { name: "Quality 60" }).fill("30");
      await page.getByText("changed, ").waitFor({ timeout: 60_000 });
      await keepScreenshot(page, "lab-desktop");
      await expectAccessible(page);
      await page.locator(".diff ins", { hasText: "30" }).waitFor();
      await page.getByRole("button", { name: "Write into the recipe" }).click();
      await page.getByText("It is written into the recipe.").waitFor();
      expect(await readFile(join(folder, "recipe.mjs"), "utf8")).toContain("webp: 30");
    });

    test.each([
      ["", "Messages in the lanes"],
      ["dead-letters", "Group by"],
      ["picture?key=cats/1.jpg", "History"],
      ["lab", "Pictures to try the recipe on"],
      ["runs", "Reprocess"],
      ["fleet", "Versions"],
    ])(
      "the page %j has nothing that axe objects to, on a desktop and on a phone",
      async (hash, text) => {
        await goTo(hash);
        for (const [name, viewport, scheme] of [
          ["desktop", DESKTOP, "light"],
          ["phone", PHONE, "dark"],
        ] as const) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme: scheme });
          await page.getByText(text).first().waitFor();
          await expectAccessible(page);
          await keepScreenshot(page, `${hash.split("?")[0] || "now"}-${name}`);
        }
        await page.setViewportSize(DESKTOP);
        await page.emulateMedia({ colorScheme: "light" });
      },
    );

    test("the keyboard alone reaches a group, its plan and its end", async () => {
      await goTo("dead-letters?reason=Crashed");
      const redrive = page.getByRole("button", { name: /^Redrive 400/ });
      await redrive.waitFor();
      await page.reload();
      await redrive.waitFor();
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
      await redrive.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      expect(await page.evaluate("document.activeElement.closest('dialog') !== null")).toBe(true);
      await page.keyboard.press("Escape");
      await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
      expect(await page.evaluate("document.activeElement.textContent")).toContain("Redrive 400");
    });
  },
);
