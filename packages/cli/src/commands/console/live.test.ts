import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { Console } from "@imagefleet/console";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openConsole } from "../../console/open.ts";
import { hasChromium, launch, openLink } from "./fixtures/browser.ts";

const SOURCES = 3;

describe.runIf(hasChromium)("a page of a fleet in which nothing consumes", () => {
  let sandbox: Sandbox;
  let browser: Browser;
  let opened: Console;

  beforeAll(async () => {
    sandbox = await startSandbox();
    for (let n = 0; n < SOURCES; n++) {
      const Bucket = sandbox.resources.sourceBucket;
      await sandbox.s3.send(new PutObjectCommand({ Bucket, Key: `${n}.jpg`, Body: "a" }));
    }
    browser = await launch();
    opened = await open();
  });
  afterAll(async () => {
    await browser?.close();
    await opened?.[Symbol.asyncDispose]();
    await sandbox?.close();
  });

  function open(): Promise<Console> {
    const { endpoint, folder } = sandbox;
    return openConsole({
      connection: { endpoint, data: folder },
      data: "",
      recipe: undefined,
      port: 0,
      readOnly: false,
      invocation: "imagefleet",
      cwd: folder,
    });
  }

  async function newPage(of: Console, prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const { page } = await openLink(context, of.newLink(), prepare);
    await page.locator("h1.sentence").waitFor();
    return page;
  }

  test("a run is paused, goes on where it was, and outlives the page", async () => {
    const page = await newPage(opened);
    await page.getByRole("link", { name: "Runs" }).click();
    await page.getByRole("combobox", { name: "Which" }).selectOption("all");
    await page.getByRole("button", { name: "Plan …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: `Reprocess ${SOURCES}` }).click();
    await dialog.getByRole("button", { name: "Close, and let it go on" }).click();
    await page.reload();
    const runs = page.locator(".runs > li");
    await runs.first().getByRole("progressbar").waitFor();
    await page.getByRole("link", { name: /Runs\s*1/ }).waitFor();
    await runs.first().getByRole("button", { name: "Stop" }).click();
    await runs.first().getByText("paused").first().waitFor();
    await runs.first().getByRole("button", { name: "Resume" }).click();
    await expect.poll(() => runs.count()).toBe(2);
    await runs.first().getByText("--resume").waitFor();
    await runs.first().getByRole("button", { name: "Stop" }).click();
    await runs.first().getByText("paused").first().waitFor();
  });

  test("a hidden page asks nothing, and goes on when it is seen", async () => {
    const page = await newPage(opened);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const show = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));`);
    await show(true);
    await show(false);
    await expect.poll(() => asked).toEqual(["/api/live"]);
  });

  test("a page whose console is gone says so, and keeps what it knew with its age", async () => {
    const gone = await open();
    const page = await newPage(gone, (fresh) => fresh.clock.install());
    const sentence = await page.locator("h1").textContent();
    await gone[Symbol.asyncDispose]();
    await page.clock.fastForward(20_000);
    await page.locator(".stale", { hasText: "reconnecting" }).waitFor();
    await page.locator(".stale", { hasText: /as of \d+ s ago/ }).waitFor();
    expect(await page.locator("h1").textContent()).toBe(sentence);
  });

  test("a fleet that does not respond is reported, with the last state and its age", async () => {
    const page = await newPage(opened);
    await sandbox.close();
    await page.locator(".stale", { hasText: "ECONNREFUSED" }).waitFor();
    await page.locator("h1.sentence").waitFor();
  });
});
