import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { spawnLocalAws } from "./spawn.ts";

const MIB = 1024 * 1024;

/** A disk of a few MiB needs a mount, which needs root. */
const canMount = process.platform === "linux" && process.getuid?.() === 0;

let disk: string;
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), "imagefleet-disk-"));
  if (canMount) execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]);
});
afterEach(() => {
  if (canMount) execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

it.runIf(canMount)("ends and says why when the disk is full", async () => {
  const aws = await spawnLocalAws({ port: 0, dataDir: join(disk, "aws") });
  const s3 = new S3Client({
    region: "us-east-1",
    endpoint: aws.endpoint,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: aws.credentials,
  });
  await s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  const put = { Bucket: "photos", Key: "a", Body: Buffer.alloc(8 * MIB, 1) };
  await expect(s3.send(new PutObjectCommand(put))).rejects.toThrow();
  expect(await aws.ended).toBe(`no space is left on the disk of ${join(disk, "aws")}`);
});

it.runIf(canMount)("ends and says why when a table fills the disk", async () => {
  const aws = await spawnLocalAws({ port: 0, dataDir: join(disk, "aws") });
  const { endpoint, credentials } = aws;
  const dynamo = new DynamoDBClient({
    region: "us-east-1",
    endpoint,
    credentials,
    maxAttempts: 1,
  });
  const TableName = "images";
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    }),
  );
  const fill = async () => {
    for (let n = 0; n < 40; n++) {
      const Item = { pk: { S: `${n}` }, large: { S: "x".repeat(390_000) } };
      await dynamo.send(new PutItemCommand({ TableName, Item }));
    }
  };
  await expect(fill()).rejects.toThrow();
  expect(await aws.ended).toBe(`no space is left on the disk of ${join(disk, "aws")}`);
});

it.runIf(canMount)("says so when the disk is full before the start", async () => {
  expect(() => writeFileSync(join(disk, "filler"), Buffer.alloc(8 * MIB))).toThrow("ENOSPC");
  const started = spawnLocalAws({ port: 0, dataDir: join(disk, "aws") });
  await expect(started).rejects.toMatchObject({ name: "FolderError", why: "full" });
});
