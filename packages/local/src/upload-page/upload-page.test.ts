import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { serveUploads } from "../api/fixtures/serve.ts";
import { hasChromium } from "../aws/fixtures/chromium.ts";
import { folder } from "../aws/fixtures/folder.ts";
import { PHONE, UploadFlow } from "./fixtures/flow.ts";
import { UPLOAD_PAGE, UploadPage } from "./index.ts";

const MIB = 1024 * 1024;

/** The page, and the bytes of each upload in place of a rendition. */
async function servePage() {
  let answer: (path: string) => Promise<Buffer | string> = async () => "";
  const server = createServer(async (request, response) => {
    const path = request.url?.split("?")[0] ?? "/";
    const body = await answer(path).catch(() => undefined);
    const type = path === UPLOAD_PAGE ? "text/html; charset=utf-8" : "image/jpeg";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${Object(server.address()).port}`;
  const served = await serveUploads([origin]);
  onTestFinished(() => served.close());
  const { api, s3, client, bucket } = served;
  const page = new UploadPage({ api: api.url, s3: s3.url, token: () => served.token("anna") });
  answer = async (path) => {
    if (path === UPLOAD_PAGE) return page.page();
    const Key = decodeURIComponent(path.slice(1));
    const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return Buffer.from((await got.Body?.transformToByteArray()) ?? []);
  };
  return { ...served, url: origin + UPLOAD_PAGE };
}

test.runIf(hasChromium)(
  "pictures are uploaded, also over a connection that drops; shown, and deleted",
  async () => {
    const served = await servePage();
    const files = await folder();
    const small = join(files, "a small one.jpg");
    const large = join(files, "large.jpg");
    const corrupt = join(files, "corrupt.jpg");
    const plain = { width: 640, height: 480, channels: 3, background: "#2a7" } as const;
    const jpeg = await sharp({ create: plain }).jpeg().toBuffer();
    await writeFile(small, jpeg);
    await writeFile(large, Buffer.concat([jpeg, Buffer.alloc(12 * MIB)]));
    await writeFile(corrupt, "not a picture");
    // Each part is lost once.
    const lost = new Set<string>();
    served.s3.fate = ({ line, method }) => {
      if (method !== "PUT" || lost.has(line)) return "pass";
      lost.add(line);
      return "lose";
    };

    const flow = await UploadFlow.open(served.url);
    await flow.until(({ none }) => none);
    await flow.page.choose("#files", [small, large, corrupt]);
    await flow.until(({ images, uploads }) => images.length === 2 && uploads.length === 1);
    const { uploads } = await flow.see();
    expect(uploads).toMatchObject([
      {
        name: "corrupt.jpg",
        state: "rejected",
        text: expect.stringContaining("SourceUnsupported"),
      },
    ]);
    await flow.imagesArePainted(2);
    await flow.keepScreenshot("upload-desktop-light");
    await flow.page.setColorScheme("dark");
    await flow.keepScreenshot("upload-desktop-dark");
    expect(lost.size).toBe(3);

    await flow.delete("large.jpg");
    await flow.page.goto(served.url);
    await flow.until(({ images }) => images.length === 2);
    const { images } = await flow.see();
    expect(images.map(({ name, state }) => [name, state]).toSorted()).toEqual([
      ["a small one.jpg", "ready"],
      ["corrupt.jpg", "rejected"],
    ]);
  },
  300_000,
);

test.runIf(hasChromium)(
  "on a phone the page is not wider than it, and progress is shown",
  async () => {
    const served = await servePage();
    const name = `${"long-name-".repeat(12)}.jpg`;
    const file = join(await folder(), name);
    await writeFile(file, Buffer.alloc(12 * MIB, 1));
    const flow = await UploadFlow.open(served.url, PHONE);
    await flow.page.connect("online", 2 * MIB);
    await flow.page.choose("#files", [file]);
    await flow.drop(name, 0.2, 4 * MIB);
    await flow.until(({ uploads: [upload] }) => (upload?.sent ?? 0) > 0.2);
    const { uploads, width } = await flow.see();
    expect(uploads).toMatchObject([
      { name, state: "uploading", text: expect.stringMatching(/^Uploading, \d+%$/) },
    ]);
    expect(width).toBeLessThanOrEqual(PHONE.width);
    await flow.keepScreenshot("upload-phone-light");
    await flow.page.connect("online");
    await flow.until(({ images }) => images.length === 1);
    expect((await flow.see()).width).toBeLessThanOrEqual(PHONE.width);
  },
  300_000,
);

test("the token in the page cannot end its script element", async () => {
  const page = new UploadPage({
    api: "http://127.0.0.1:1",
    s3: "http://127.0.0.1:2",
    token: async () => "</script><b>",
  });
  const html = await page.page();
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).toContain("connect-src http://127.0.0.1:1 http://127.0.0.1:2");
});
