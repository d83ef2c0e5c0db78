import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { jobMessage, parseMessage } from "../intake/index.ts";
import {
  attempt,
  context,
  deadLetters,
  inSandbox,
  jobBody,
  key,
  message,
  never,
  picture,
  sandbox,
  setKey,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

describe("attempt", () => {
  it("acknowledges a job that is done", async () => {
    await upload(await picture());
    const settlement = await attempt(message(jobBody()), context(), never);
    expect(settlement).toEqual({ kind: "acknowledge" });
    expect(await deadLetters()).toEqual([]);
  });

  it("acknowledges S3's test event, and a key outside the recipe's filter", async () => {
    const test = message('{"Event":"s3:TestEvent"}');
    expect(await attempt(test, context(), never)).toEqual({ kind: "acknowledge" });
    setKey("notes.txt");
    expect(await attempt(message(jobBody()), context(), never)).toEqual({ kind: "acknowledge" });
    expect(await deadLetters()).toEqual([]);
  });

  it("does every record of a message, and writes a dead letter for the broken one only", async () => {
    const bucket = sandbox.resources.sourceBucket;
    await upload(await picture());
    const good = key;
    setKey("pictures/broken.jpg");
    await upload(Buffer.from("no picture"));
    const record = (name: string) => ({
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      s3: { bucket: { name: bucket }, object: { key: name, size: 10 } },
    });
    const body = JSON.stringify({ Records: [record(good), record(key)] });
    expect(await attempt(message(body), context(), never)).toEqual({ kind: "acknowledge" });
    const [deadLetter, ...more] = await deadLetters();
    expect(more).toEqual([]);
    expect(parseMessage(deadLetter?.body ?? "")).toMatchObject({ jobs: [{ key }] });
  });

  it("retries a job that ran out of time", async () => {
    await upload(await picture());
    const { Failure } = await import("../outcome/index.ts");
    const late = AbortSignal.abort(new Failure("TimedOut", "the function ran out of time"));
    expect(await attempt(message(jobBody()), context(), late)).toMatchObject({ kind: "retry" });
  });

  it("changes no object for a message that names another bucket", async () => {
    const { s3, resources } = sandbox;
    await upload(await picture());
    await attempt(message(jobBody()), context(), never);
    const objects = async () => {
      const { Contents: all = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: resources.renditionBucket }),
      );
      return all.map(({ Key, ETag, LastModified }) => [Key, ETag, LastModified?.getTime()]);
    };
    const before = await objects();
    await s3.send(new CreateBucketCommand({ Bucket: "foreign" }));
    const foreign = {
      Bucket: "foreign",
      Key: key,
      Body: await sharp(await picture())
        .negate()
        .toBuffer(),
    };
    await s3.send(new PutObjectCommand(foreign));
    // The rendition bucket has no source at that key, and the foreign bucket has another picture.
    for (const bucket of [resources.renditionBucket, "foreign"]) {
      const own = jobMessage({ bucket, key, mayHaveRun: true, force: true });
      const record = { bucket: { name: bucket }, object: { key } };
      const event = JSON.stringify({
        Records: [
          {
            eventName: "ObjectCreated:Put",
            s3: { ...record, bucket: { name: resources.sourceBucket } },
          },
          { eventName: "ObjectRemoved:Delete", s3: record },
        ],
      });
      for (const body of [own, event]) {
        const settlement = await attempt(message(body), context(), never);
        expect(settlement).toEqual({ kind: "acknowledge" });
        expect(await deadLetters()).toMatchObject([
          {
            body,
            attributes: {
              Reason: "MessageMalformed",
              Message: `the message is about the bucket ${bucket}, and this fleet's sources are in ${resources.sourceBucket}`,
            },
          },
        ]);
      }
    }
    expect(await objects()).toEqual(before);
  });
});
