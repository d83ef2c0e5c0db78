import { createServer } from "node:http";
import { expect, it } from "vitest";
import { Chance } from "../../model/chance.ts";
import { SourceTimeline } from "./timelines.ts";
import { Viewers } from "./viewers.ts";

it("the key of a 304, which has no type, is that of the picture that the viewer has", async () => {
  const server = createServer(({ headers }, response) => {
    const isKnown = headers["if-none-match"] === '"a"';
    response.writeHead(isKnown ? 304 : 200, {
      etag: '"a"',
      ...(!isKnown && { "content-type": "image/webp" }),
    });
    response.end(isKnown ? undefined : "no picture");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    const sources = new SourceTimeline(1);
    sources.onChange({
      key: "a.png",
      afterMs: 0,
      content: { kind: "picture", side: 12, color: [1, 2, 3], format: "png" },
    })('"a"');
    const requests = 400;
    const viewers = new Viewers({
      url: `http://127.0.0.1:${address.port}`,
      chance: new Chance(1),
      sources,
      requests,
      due: () => requests,
      signal: AbortSignal.timeout(30_000),
    });
    await viewers.run();
    const [unchanged, others] = [304, 200].map((status) =>
      viewers.answers.filter((answer) => answer.status === status),
    );
    expect(others?.length).toBeGreaterThan(100);
    expect(unchanged?.length).toBeGreaterThan(10);
    const extensions = new Set(unchanged?.map(({ key }) => key.replace(/.*\./, "")));
    expect(extensions).toContain("webp");
    expect(extensions).not.toContain("auto");
  } finally {
    server.close();
  }
});
