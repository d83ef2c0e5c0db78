import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { type Request, Viewers } from "./load.ts";

const signal = new AbortController().signal;

/** A server that answers each request when `atOnce` wait, or when none is left to come. */
async function gathering(atOnce: number, total: number) {
  const seen: string[] = [];
  let most = 0;
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.url}`);
    waiting.push(() => response.writeHead(request.url === "/gone" ? 404 : 200).end("body"));
    most = Math.max(most, waiting.length);
    if (waiting.length < atOnce && seen.length < total) return;
    for (const answer of waiting) answer();
    waiting = [];
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  const url = `http://127.0.0.1:${Object(server.address()).port}`;
  const viewers = new Viewers();
  onTestFinished(() => viewers[Symbol.dispose]());
  const requests = (...paths: string[]): Request[] =>
    paths.map((path) => ({ to: "peer", url: `${url}${path}`, accept: "*/*" }));
  return { server, viewers, requests, seen, most: () => most };
}

it("requests all once, with as many at the same time as there are viewers", async () => {
  const { viewers, requests, seen, most } = await gathering(3, 6);
  const paths = ["/0", "/1", "/2", "/3", "/4", "/5"];
  expect(await viewers.all(requests(...paths), 3, signal)).toBeGreaterThan(0);
  expect([seen.toSorted(), most()]).toEqual([paths, 3]);
});

it("sees the body and the time of its first byte, and rejects for another status than 200", async () => {
  const { viewers, requests } = await gathering(1, 2);
  const [found, gone] = requests("/found", "/gone");
  if (found === undefined || gone === undefined) throw new Error("there are two requests");
  const { body, firstByteMs } = await viewers.get(found);
  expect([body.toString(), firstByteMs > 0]).toEqual(["body", true]);
  await expect(viewers.get(gone)).rejects.toThrow(/^peer: http:.*\/gone: 404: body$/);
});

it("requests again where the server closes a connection that was kept, and only there", async () => {
  const { server, viewers, requests } = await gathering(1, 4);
  const [found] = requests("/found");
  if (found === undefined) throw new Error("there is a request");
  await viewers.get(found);
  server.prependOnceListener("request", ({ socket }) => socket.destroy());
  expect((await viewers.get(found)).body.toString()).toBe("body");
  using others = new Viewers();
  server.prependOnceListener("request", ({ socket }) => socket.destroy());
  await expect(others.get(found)).rejects.toThrow(/^peer: http:.*\/found: socket hang up$/);
});
