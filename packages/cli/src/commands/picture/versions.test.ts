import { createServer } from "node:http";
import { createS3 } from "@imagefleet/core/aws";
import { expect, it, onTestFinished } from "vitest";
import { sourceVersions } from "./versions.ts";

// The local servers have no versions.
it("lists the versions and delete markers of the key, and of no key that continues it", async () => {
  const entry = (kind: string, key: string, id: string, more = "") =>
    `<${kind}><Key>${key}</Key><VersionId>${id}</VersionId><LastModified>2026-11-2${id}T10:00:00.000Z</LastModified>${more}</${kind}>`;
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.setHeader("content-type", "application/xml");
    response.end(
      `<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${[
        entry("DeleteMarker", "a.jpg", "3"),
        entry("Version", "a.jpg", "2", "<Size>20</Size>"),
        entry("Version", "a.jpg", "1", "<Size>10</Size>"),
        entry("Version", "a.jpg.png", "1", "<Size>5</Size>"),
      ].join("")}</ListVersionsResult>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const s3 = createS3({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  onTestFinished(() => {
    s3.destroy();
    server.close();
  });
  expect(await sourceVersions(s3, "photos", "a.jpg")).toEqual([
    { at: "2026-11-22T10:00:00.000Z", id: "2", bytes: 20 },
    { at: "2026-11-21T10:00:00.000Z", id: "1", bytes: 10 },
    { at: "2026-11-23T10:00:00.000Z", id: "3" },
  ]);
  expect(asked[0]).toContain("prefix=a.jpg");
});
