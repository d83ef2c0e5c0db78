import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { lineOf, logLines, patternOf } from "./logs.ts";

it("asks for a phrase of the key that needs no escape", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (key) => {
      const pattern = patternOf(key);
      const [, phrase] = /^"([\w./-]+)"$/.exec(pattern) ?? [];
      expect(phrase === undefined ? pattern : key.includes(phrase)).toBe(
        phrase === undefined ? "key" : true,
      );
    }),
  );
  expect(patternOf('cats/"tom" & jerry.jpg')).toBe('"jerry.jpg"');
});

it("takes the lines about the source and its renditions, and no other", () => {
  const keys = ["cats/tom.jpg", "thumb/cats/tom.jpg.webp"];
  const of = (line: object) => lineOf(JSON.stringify(line), keys, 0);
  const time = "2026-11-28T10:00:00.000Z";
  const job = { level: 40, time, program: "consume", msg: "job", key: "cats/tom.jpg" };
  const failed = { ...job, outcome: "failed", reason: "Throttled", message: "S3 said SlowDown" };
  expect(of(failed)).toEqual({
    at: time,
    level: "warn",
    text: "consume job failed Throttled: S3 said SlowDown",
  });
  expect(of({ key: keys[1], msg: "delivery", answer: "made" })).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    level: "info",
    text: "delivery thumb/cats/tom.jpg.webp made",
  });
  expect(of({ ...job, key: "cats/tom.jpg.png" })).toBeUndefined();
  expect(lineOf("START RequestId: cats/tom.jpg", keys, 0)).toBeUndefined();
});

/** Answers as CloudWatch Logs does, which the local servers do not have. */
async function serve(answer: (operation: string, input: Record<string, string>) => object) {
  const server = createServer(async (request, response) => {
    const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
    const body = answer(operation, JSON.parse(await text(request)));
    response.statusCode = "__type" in body ? 400 : 200;
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${Object(server.address()).port}`;
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return () => ({ region: "eu-west-1", endpoint, credentials });
}

const search = { keys: ["cats/tom.jpg"], since: 5, signal: new AbortController().signal };

it("searches every log group of the fleet to its end, in the order of time", async () => {
  const asked: Record<string, string>[] = [];
  const event = (at: number, key: string) => ({
    timestamp: at,
    message: JSON.stringify({ msg: "job", key }),
  });
  const clients = await serve((operation, input) => {
    if (operation === "DescribeLogGroups") {
      const name = `${input["logGroupNamePrefix"]}Consume`;
      return { logGroups: name.startsWith("/aws/lambda/") ? [{ logGroupName: name }] : [] };
    }
    asked.push(input);
    return input["nextToken"] === undefined
      ? { events: [event(2000, "cats/tom.jpg")], nextToken: "more" }
      : { events: [event(1000, "cats/tom.jpg"), event(1500, "cats/tom.jpg2")] };
  });
  const { lines, warnings } = await logLines(clients, "app-prod-Photos", search);
  expect(lines.map(({ at }) => Date.parse(at))).toEqual([1000, 2000]);
  expect(warnings).toEqual([]);
  expect(asked).toMatchObject([
    {
      logGroupName: "/aws/lambda/app-prod-PhotosConsume",
      startTime: 5,
      filterPattern: '"cats/tom.jpg"',
    },
    { nextToken: "more" },
  ]);
});

it("says which permission is missing, and that there is no log group", async () => {
  const denied = await serve(() => ({ __type: "AccessDeniedException", message: "no" }));
  await expect(logLines(denied, "app", search)).rejects.toThrow(
    /^the credentials lack logs:DescribeLogGroups/,
  );
  const none = await serve(() => ({ logGroups: [] }));
  expect(await logLines(none, "app", search)).toEqual({
    lines: [],
    warnings: ["No log group of app exists in this region."],
  });
});
