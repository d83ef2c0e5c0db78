import { createServer, request } from "node:http";
import { networkInterfaces } from "node:os";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { Console } from "@imagefleet/console";
import { Queue } from "@imagefleet/core/queue";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openConsole } from "../../console/open.ts";
import { putDeadLetters } from "../dlq/fixtures/dead-letters.ts";
import { hasChromium, launch, openLink } from "./fixtures/browser.ts";

/** A foreign name that resolves to this machine, as with DNS rebinding. */
const REBOUND = "photos.evil.example";

const SCRIPT = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>`;
const HOSTILE = {
  key: `evil/${SCRIPT}/\u202egpj.exe`,
  message: `${SCRIPT}\u202e\u2066 reversed ${"long ".repeat(1600)}`,
};

let sandbox: Sandbox;
let opened: Console;
let browser: Browser;

beforeAll(async () => {
  sandbox = await startSandbox();
  const { s3, resources } = sandbox;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><script>window.pwned=1</script><rect width="40" height="40" fill="red"/></svg>`;
  for (const [Bucket, Key, Body] of [
    [resources.sourceBucket, "evil.svg", svg],
    [resources.sourceBucket, "plain.jpg", await jpeg()],
    [resources.renditionBucket, "thumb/evil.svg.svg", svg],
    [resources.renditionBucket, "thumb/page.html.webp", "<script>window.pwned=1</script>"],
  ] as const) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  }
  await putDeadLetters(sandbox, [
    { key: HOSTILE.key, reason: "SourceCorrupt", message: HOSTILE.message },
    { key: "evil.svg", reason: "SourceUnsupported" },
    { key: "plain.jpg", reason: "Throttled" },
  ]);
  opened = await openConsole(options(false));
  browser = await launch(`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await opened?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

function jpeg() {
  const create = { width: 60, height: 40, channels: 3, background: "#a63" } as const;
  return sharp({ create }).jpeg().toBuffer();
}

function options(readOnly: boolean) {
  const { endpoint, folder } = sandbox;
  return {
    connection: { endpoint, data: folder },
    data: "",
    recipe: undefined,
    port: 0,
    readOnly,
    invocation: "imagefleet",
    cwd: folder,
  };
}

async function deadLetters(): Promise<number> {
  const queue = new Queue(sandbox.sqs, sandbox.resources.lanes.small.deadLetters);
  const { waiting, inFlight } = await queue.counts();
  return waiting + inFlight;
}

async function newPage(link = opened.newLink()) {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return { context, ...(await openLink(context, link)) };
}

/** What a page gets from the console, as its status or the error's name. */
function fetchIn(page: Page, url: string, init: object = {}): Promise<string> {
  return page.evaluate(`fetch(${JSON.stringify(url)}, ${JSON.stringify(init)})
    .then(({ status, type }) => type === "opaque" ? "opaque" : String(status), ({ name }) => name)`);
}

/** What a page of another port may try: a picture, a frame, a script. */
const SHOW = `async (url) => {
  const image = new Image();
  image.src = url + "/api/preview?key=plain.jpg";
  const picture = await image.decode().then(() => "shown", () => "refused");
  const frame = document.createElement("iframe");
  frame.src = url + "/";
  document.body.append(frame);
  await new Promise((resolve) => frame.addEventListener("load", resolve));
  const script = document.createElement("script");
  script.src = url + "/main.js";
  const loaded = new Promise((resolve) => {
    script.onload = () => resolve("loaded");
    script.onerror = () => resolve("refused");
  });
  document.body.append(script);
  return [picture, frame.contentDocument === null ? "closed" : "open", await loaded];
}`;

/** A form needs no permission to be sent elsewhere, and its text can be JSON. */
const SUBMIT = `(url) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", enctype: "text/plain", action: url + "/api/runs" });
  const input = document.createElement("input");
  Object.assign(input, { name: '{"name":"dlq redrive","x":"', value: '"}' });
  form.append(input);
  document.body.append(form);
  form.submit();
}`;

const REDRIVE = JSON.stringify({ name: "dlq redrive" });

test("other machines cannot reach it", async () => {
  const { port } = new URL(opened.url);
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((each) => each !== undefined && !each.internal && each.family === "IPv4");
  for (const address of addresses) {
    await expect(fetch(`http://${address?.address}:${port}/`)).rejects.toThrow("fetch failed");
  }
  expect((await fetch(opened.url)).status).toBe(200);
});

test.each<[string, Record<string, string>, number]>([
  ["a foreign Host", { host: `${REBOUND}:1` }, 403],
  ["the Host of another port", { host: "127.0.0.1:1" }, 403],
  ["a foreign Origin", { origin: "https://evil.example" }, 403],
  ["the Origin null", { origin: "null" }, 403],
  ["a page of another site", { "sec-fetch-site": "cross-site" }, 403],
  ["a page on another port", { "sec-fetch-site": "same-site" }, 403],
  ["the page itself, without a session", { "sec-fetch-site": "same-origin" }, 401],
  ["a guessed cookie", { cookie: "imagefleet-console=1" }, 401],
])("a request with %s is refused", async (_what, headers, status) => {
  const answered = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${opened.url}/api/console`, { headers }, (got) => {
      got.resume();
      resolve(got.statusCode);
    });
    asked.on("error", reject).end();
  });
  expect(answered).toBe(status);
});

describe.runIf(hasChromium)("in a browser", () => {
  test("the link works once, and its token is nowhere afterwards", async () => {
    const link = opened.newLink();
    const { page, context } = await newPage(link);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const token = link.slice(link.indexOf("=") + 1);
    expect(page.url()).toBe(`${opened.url}/#/`);
    expect(await page.content()).not.toContain(token);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", expires: -1 });
    expect(cookie?.value).not.toContain(token);
    expect(await page.evaluate("document.cookie")).toBe("");
    expect(await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")).toBe(
      "[{},{}]",
    );
    await page.goBack();
    expect(page.url()).not.toContain(token);

    const thief = await newPage(link);
    await expect(thief.page.locator("h1").textContent()).resolves.toBe(
      "Open the link of the terminal",
    );
    expect(await fetchIn(thief.page, "/api/console")).toBe("401");
  });

  test("a name that was rebound to this machine gets nothing", async () => {
    const { context } = await newPage();
    const page = await context.newPage();
    const answer = await page.goto(`http://${REBOUND}:${new URL(opened.url).port}/`);
    expect(answer?.status()).toBe(403);
    for (const path of ["/main.js", "/api/console", "/api/preview?key=plain.jpg"]) {
      expect(await fetchIn(page, path)).toBe("403");
    }
    const init = { method: "POST", body: REDRIVE, headers: { "x-imagefleet-console": "1" } };
    expect(await fetchIn(page, "/api/runs", init)).toBe("403");
    expect(await deadLetters()).toBe(3);
  });

  test("a page on another port of this machine, with the session's cookie, changes and reads nothing", async () => {
    const { context } = await newPage();
    const server = createServer((_asked, answer) =>
      answer.setHeader("content-type", "text/html").end("<!doctype html><body>"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const page = await context.newPage();
    const { port } = Object(server.address());
    await page.goto(`http://127.0.0.1:${port}/`);
    const sent: string[] = [];
    context.on("request", (each) => {
      if (each.url().startsWith(opened.url)) sent.push(each.url());
    });
    // The cookie is the browser's to send: both are one site. The console looks at who asks.
    for (const init of [
      { method: "POST", body: REDRIVE, mode: "no-cors", credentials: "include" },
      { method: "POST", body: REDRIVE, credentials: "include" },
      { method: "POST", body: REDRIVE, headers: { "x-imagefleet-console": "1" } },
      { mode: "no-cors", credentials: "include" },
    ] as const) {
      expect(await fetchIn(page, `${opened.url}/api/runs`, init)).toBe("TypeError");
    }
    expect(await fetchIn(page, `${opened.url}/api/console`)).toBe("TypeError");
    expect(await page.evaluate(`(${SHOW})("${opened.url}")`)).toEqual([
      "refused",
      "closed",
      "refused",
    ]);
    await page.evaluate(`(${SUBMIT})("${opened.url}")`);
    await page.waitForURL(`${opened.url}/**`);
    await expect(page.locator("body").textContent()).resolves.toContain("only to its own page");
    expect(sent.length).toBeGreaterThan(6);
    expect(await deadLetters()).toBe(3);
  });

  test("a hostile key and message are text, in every page that shows them", async () => {
    const { page, problems } = await newPage();
    await page.goto(`${opened.url}/#/dead-letters`);
    const card = page.locator(".letter", { hasText: "evil/<img" });
    await card.waitFor();
    await expect(card.textContent()).resolves.toContain("\\u{202e}gpj.exe");
    await page.getByRole("radio", { name: /Message/ }).check({ force: true });
    await page.locator(".rows", { hasText: "reversed" }).waitFor();
    await card.getByRole("link").click();
    await page.locator(".source, .problem").first().waitFor();
    await page.goto(
      `${opened.url}/#/dead-letters?${new URLSearchParams({ message: SCRIPT, key: SCRIPT })}`,
    );
    await page.locator(".chip").first().waitFor();
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(await page.locator("img[onerror], main script").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test.each(["lane=foo", "reason=no reason", "reason=Wrong", "newerThan=yesterday"])(
    "an address whose filter is wrong (%s) selects nothing, instead of everything",
    async (query) => {
      const { page } = await newPage();
      await page.goto(`${opened.url}/#/dead-letters`);
      await page.getByRole("button", { name: /^Discard 3/ }).waitFor();
      await page.goto(`${opened.url}/#/dead-letters?${query}`);
      await page.locator(".problem", { hasText: query.slice(0, query.indexOf("=")) }).waitFor();
      expect(await page.getByRole("button", { name: /^(Redrive|Discard|Export)/ }).count()).toBe(0);
    },
  );

  test("an SVG is shown as pixels only, and bytes that are no picture run nothing", async () => {
    const { page } = await newPage();
    const got = await page.evaluate(`Promise.all(
      ["/api/preview?key=evil.svg", "/api/rendition?key=thumb/evil.svg.svg"].map((url) => fetch(url)),
    ).then(([preview, rendition]) => [preview.headers.get("content-type"), rendition.status])`);
    expect(got).toEqual(["image/webp", 404]);
    await page.goto(
      `${opened.url}/api/rendition?key=${encodeURIComponent("thumb/page.html.webp")}`,
    );
    expect(await page.evaluate("window.pwned")).toBeUndefined();
  });

  test("the page cannot assemble HTML, and loads nothing of elsewhere", async () => {
    const { page } = await newPage();
    const html = "document.body.innerHTML = '<b>x</b>'";
    await expect(page.evaluate(html)).rejects.toThrow(/TrustedHTML/);
    const directive = await page.evaluate(`new Promise((resolve) => {
      addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective));
      new Image().src = "https://evil.example/x.png";
    })`);
    expect(directive).toBe("img-src");
  });

  test("a console that only reads refuses every change, also without its page", async () => {
    await using only = await openConsole(options(true));
    const { page } = await newPage(only.newLink());
    await page.goto(`${only.url}/#/dead-letters`);
    await page.getByRole("button", { name: /^Redrive/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("dead letters").first().waitFor();
    await expect(dialog.getByRole("button", { name: /^Redrive/ }).isDisabled()).resolves.toBe(true);
    for (const command of [
      { name: "dlq redrive" },
      { name: "dlq discard" },
      { name: "reprocess" },
      { name: "audit", repair: true },
      { name: "purge", target: "*" },
      { name: "warm" },
    ]) {
      const body = JSON.stringify(command);
      const init = { method: "POST", body, headers: { "x-imagefleet-console": "1" } };
      expect([command.name, await fetchIn(page, "/api/runs", init)]).toEqual([command.name, "403"]);
    }
    expect(await deadLetters()).toBe(3);
  });
});
