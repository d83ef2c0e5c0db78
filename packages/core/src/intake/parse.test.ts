import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobMessage } from "./job-message.ts";
import { parseMessage } from "./parse.ts";

const AT = Date.parse("2026-11-21T10:00:00.000Z");

/** As S3 writes a key into a notification: form-encoded. */
function formEncode(key: string): string {
  return encodeURIComponent(key).replaceAll("%20", "+");
}

function s3Record(key: string, more: { name?: string; size?: number } = {}) {
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: "eu-central-1",
    eventTime: new Date(AT).toISOString(),
    eventName: more.name ?? "ObjectCreated:Put",
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "intake",
      bucket: { name: "photos", ownerIdentity: { principalId: "A1" }, arn: "arn:aws:s3:::photos" },
      object: {
        key,
        ...(more.size === undefined ? {} : { size: more.size, eTag: "d41d8cd98f00b204" }),
        sequencer: "0055AED6DCD90281E5",
      },
    },
  };
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const TAKEN_BY_SQS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;

const wellFormedKey = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });

describe("parseMessage", () => {
  it("reads an S3 notification, decoding the key as a form does", () => {
    const body = JSON.stringify({ Records: [s3Record("a+b%2Bc/%F0%9F%90%B1.jpg", { size: 42 })] });
    expect(parseMessage(body)).toEqual({
      kind: "jobs",
      jobs: [
        { bucket: "photos", key: "a b+c/🐱.jpg", bytes: 42, at: AT, begun: false, force: false },
      ],
    });
  });

  it("gives back every key that S3 may form-encode", () => {
    fc.assert(
      fc.property(wellFormedKey, (key) => {
        const intake = parseMessage(JSON.stringify({ Records: [s3Record(formEncode(key))] }));
        expect(intake).toMatchObject({ kind: "jobs", jobs: [{ key }] });
      }),
    );
  });

  it("does not decode EventBridge keys, which are raw", () => {
    fc.assert(
      fc.property(wellFormedKey, (key) => {
        const body = JSON.stringify({
          version: "0",
          time: "2026-11-21T10:00:00Z",
          source: "aws.s3",
          "detail-type": "Object Created",
          detail: { bucket: { name: "photos" }, object: { key, size: 7, etag: "x" } },
        });
        expect(parseMessage(body)).toMatchObject({
          kind: "jobs",
          jobs: [{ key, bytes: 7, at: AT }],
        });
      }),
    );
  });

  it("gives back our own job message as it was sent", () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            bucket: fc.constant("photos"),
            key: wellFormedKey,
            bytes: fc.nat(),
            at: fc.nat(),
            begun: fc.boolean(),
            force: fc.boolean(),
            trace: fc.string(),
            run: fc.uuid(),
          },
          { requiredKeys: ["bucket", "key", "begun", "force"] },
        ),
        (job) => {
          expect(parseMessage(jobMessage(job))).toEqual({ kind: "jobs", jobs: [job] });
        },
      ),
    );
  });

  it("writes job messages that SQS takes and gives back, whatever the key", () => {
    // Few of all characters are the odd ones: they are asked for.
    const odd = fc.constantFrom("\0", "\x1b", "\x7f", "\ud800", "\udfff", "\ufffe", "\uffff", "🐱");
    const unit = fc.oneof(odd, fc.string({ unit: "binary", minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 60 }), (key) => {
        const body = jobMessage({ bucket: "photos", key, begun: false, force: false });
        expect(body).toMatch(TAKEN_BY_SQS);
        expect(parseMessage(body)).toMatchObject({ kind: "jobs", jobs: [{ key }] });
      }),
    );
  });

  it("reads a removal, which has no size", () => {
    const body = JSON.stringify({ Records: [s3Record("a.jpg", { name: "ObjectRemoved:Delete" })] });
    expect(parseMessage(body)).toEqual({
      kind: "jobs",
      jobs: [{ bucket: "photos", key: "a.jpg", at: AT, begun: false, force: false }],
    });
  });

  it("reads what SNS wraps, and every record of it", () => {
    const inner = JSON.stringify({ Records: [s3Record("a.jpg"), s3Record("b.jpg")] });
    const body = JSON.stringify({ Type: "Notification", MessageId: "1", Message: inner });
    expect(parseMessage(body)).toMatchObject({ jobs: [{ key: "a.jpg" }, { key: "b.jpg" }] });
  });

  it("does not unwrap for ever", () => {
    const once = JSON.stringify({ Type: "Notification", Message: "{}" });
    const twice = JSON.stringify({ Type: "Notification", Message: once });
    expect(parseMessage(twice).kind).toBe("malformed");
  });

  it("ignores S3's test event, alone and wrapped", () => {
    const test = JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "photos" });
    const wrapped = JSON.stringify({ Type: "Notification", Message: test });
    expect(parseMessage(test)).toEqual({ kind: "ignored", why: "an s3:TestEvent" });
    expect(parseMessage(wrapped).kind).toBe("ignored");
  });

  it.each([
    ["", "the body is not JSON"],
    ["hello", 'the body is not JSON: "hello"'],
    ["null", "the body is"],
    ["[]", "no S3 event"],
    ["{}", "no S3 event"],
    ['{"Records":[]}', "looks like an S3 event, but Records"],
    [
      '{"Records":[{"eventSource":"aws:sns"}]}',
      "looks like an S3 event, but Records.0.eventSource",
    ],
    [JSON.stringify({ Records: [s3Record("%E0%A4%A")] }), "the key is not form-encoded UTF-8"],
    ['{"type":"imagefleet.job","version":1,"bucket":"b"}', "looks like a job message, but key"],
    ['{"source":"aws.s3","detail":{}}', "looks like an EventBridge event, but"],
  ])("says what is wrong with %j", (body, message) => {
    expect(parseMessage(body)).toEqual({
      kind: "malformed",
      message: expect.stringContaining(message),
    });
  });

  it("never throws, and says little, whatever comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: "binary" })), (body) => {
        const intake = parseMessage(body);
        if (intake.kind === "malformed") expect(intake.message.length).toBeLessThan(300);
      }),
    );
  });
});
