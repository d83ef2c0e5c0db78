import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateBucketCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { Tokens } from "@imagefleet/local/api";
import { startLocalAws } from "@imagefleet/local/aws";
import { beforeEach, describe, expect, test } from "vitest";
import { openDataFolder } from "../../connection/data-folder.ts";
import { run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";

const docs = readFileSync(new URL("../../../../../docs/cli.md", import.meta.url), "utf8");
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

let cwd = "";

beforeEach(async () => {
  // A quote and a space, which a shell would split.
  cwd = await newFolder("imagefleet it's ");
});

describe("imagefleet env", () => {
  test("points the SDK of a shell to the running fleet, whatever was set for AWS before", async () => {
    await using data = await openDataFolder(join(cwd, "data"), false);
    const servers = await startLocalAws({ dataDir: data.fleet, port: 0 });
    const { endpoint, credentials } = servers;
    const client = { region: "us-east-1", endpoint, credentials };
    await createS3(client).send(new CreateBucketCommand({ Bucket: "photos" }));
    await createSqs(client).send(new CreateQueueCommand({ QueueName: "jobs" }));
    await data.announce({ endpoint });
    const exports = await run(["env", "--data", "data"], { cwd });
    expect({ ...exports, stdout: "" }).toEqual({ code: 0, stdout: "", stderr: "" });

    const sdk = (name: string) => JSON.stringify(import.meta.resolve(`@aws-sdk/client-${name}`));
    const asked = `
      const { S3Client, ListBucketsCommand } = await import(${sdk("s3")});
      const { SQSClient, ListQueuesCommand } = await import(${sdk("sqs")});
      const { Buckets } = await new S3Client().send(new ListBucketsCommand());
      const { QueueUrls } = await new SQSClient().send(new ListQueuesCommand());
      console.log(Buckets[0].Name, QueueUrls);`;
    const script = `eval "$1"; "$2" --input-type=module --eval "$3"`;
    const { stdout } = await promisify(execFile)(
      "sh",
      ["-ec", script, "sh", exports.stdout, process.execPath, asked],
      {
        timeout: 20_000,
        env: {
          AWS_PROFILE: "nobody's",
          AWS_SESSION_TOKEN: "of another account",
          AWS_REGION: "eu-west-1",
          AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
          AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1",
          AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
        },
      },
    );
    expect(stdout).toBe(`photos [ '${endpoint}/000000000000/jobs' ]\n`);
    await servers.close();
  });

  test("has the API of uploads, and a token of the user that is named", async () => {
    await using data = await openDataFolder(join(cwd, "data"), false);
    const servers = await startLocalAws({ dataDir: data.fleet, port: 0 });
    const topicArn = "arn:aws:sns:us-east-1:000000000000:images";
    const api = { url: "http://127.0.0.1:4568" };
    await data.announce({ endpoint: servers.endpoint, catalog: { api, topicArn } });
    for (const [line, sub] of [
      ["env", "developer"] as const,
      ["env --user b'ob", "b'ob"] as const,
    ]) {
      const { stdout } = await run([...line.split(" "), "--data", "data"], { cwd });
      const printed = 'echo "$IMAGEFLEET_API_URL $IMAGEFLEET_TOPIC_ARN $IMAGEFLEET_API_TOKEN"';
      const shell = await promisify(execFile)("sh", ["-ec", `eval "$1"; ${printed}`, "sh", stdout]);
      const [url, topic, token = ""] = shell.stdout.trim().split(" ");
      expect([url, topic]).toEqual([api.url, topicArn]);
      expect(await new Tokens(data.fleet).verify(token)).toMatchObject({ sub });
    }
    await servers.close();
  });

  test.runIf(hasCurl)("lets curl sign an upload, as docs/cli.md says", async () => {
    await using data = await openDataFolder(join(cwd, "data"), false);
    const servers = await startLocalAws({ dataDir: data.fleet, port: 0 });
    const { endpoint, credentials } = servers;
    const s3 = createS3({ region: "us-east-1", endpoint, credentials });
    await s3.send(new CreateBucketCommand({ Bucket: "imagefleet-source" }));
    await data.announce({ endpoint });
    const { stdout } = await run(["env", "--data", "data"], { cwd });
    await writeFile(join(cwd, "photo.jpg"), "content");
    const [, command = ""] = /```sh\n(curl --aws-sigv4 [^`]*)```/.exec(docs) ?? [];
    await promisify(execFile)("sh", ["-ec", `eval "$1"; ${command}`, "sh", stdout], { cwd });
    const uploaded = { Bucket: "imagefleet-source", Key: "photo.jpg" };
    const { Body } = await s3.send(new GetObjectCommand(uploaded));
    expect(await Body?.transformToString()).toBe("content");
    await servers.close();
  });

  test("prints nothing and exits with 2 when no fleet runs", async () => {
    const { code, stdout, stderr } = await run(["env", "--data", "data"], { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/--data .*data: no fleet runs on this folder. Start one with npm start/);
  });
});
