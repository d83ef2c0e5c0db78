import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyBody } from "./fixtures/index.ts";
import { jobMessage } from "./job-message.ts";
import { parseMessage } from "./parse.ts";

const AT = Date.parse("2026-11-21T10:00:00.000Z");

/** Form-encodes a key, as S3 does in a notification. */
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
  it("reads an S3 notification, and decodes its form-encoded key", () => {
    const body = JSON.stringify({ Records: [s3Record("a+b%2Bc/%F0%9F%90%B1.jpg", { size: 42 })] });
    expect(parseMessage(body)).toEqual({
      kind: "jobs",
      jobs: [
        {
          bucket: "photos",
          key: "a b+c/🐱.jpg",
          bytes: 42,
          at: AT,
          mayHaveRun: false,
          force: false,
        },
      ],
    });
  });

  it("decodes every key that S3 can form-encode", () => {
    fc.assert(
      fc.property(wellFormedKey, (key) => {
        const intake = parseMessage(JSON.stringify({ Records: [s3Record(formEncode(key))] }));
        expect(intake).toMatchObject({ kind: "jobs", jobs: [{ key }] });
      }),
    );
  });

  it("does not decode the keys of EventBridge, which are raw", () => {
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

  it("reads a job message as it was sent", () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            bucket: fc.constant("photos"),
            key: wellFormedKey,
            bytes: fc.nat(),
            at: fc.nat(),
            mayHaveRun: fc.boolean(),
            force: fc.boolean(),
            trace: fc.string(),
            run: fc.uuid(),
          },
          { requiredKeys: ["bucket", "key", "mayHaveRun", "force"] },
        ),
        (job) => {
          expect(parseMessage(jobMessage(job))).toEqual({ kind: "jobs", jobs: [job] });
        },
      ),
    );
  });

  it("writes job messages that SQS accepts and that it reads again, for any key", () => {
    // Odd characters are rare among all characters, so they are generated explicitly.
    const odd = fc.constantFrom("\0", "\x1b", "\x7f", "\ud800", "\udfff", "\ufffe", "\uffff", "🐱");
    const unit = fc.oneof(odd, fc.string({ unit: "binary", minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 60 }), (key) => {
        const body = jobMessage({ bucket: "photos", key, mayHaveRun: false, force: false });
        expect(body).toMatch(TAKEN_BY_SQS);
        const read = parseMessage(body);
        if (key.isWellFormed()) expect(read).toMatchObject({ kind: "jobs", jobs: [{ key }] });
        else expect(read).toMatchObject({ kind: "malformed" });
      }),
    );
  });

  it("reads a removal, which has no size", () => {
    const body = JSON.stringify({ Records: [s3Record("a.jpg", { name: "ObjectRemoved:Delete" })] });
    expect(parseMessage(body)).toEqual({
      kind: "jobs",
      jobs: [{ bucket: "photos", key: "a.jpg", at: AT, mayHaveRun: false, force: false }],
    });
  });

  it("reads every record of a notification that SNS wraps", () => {
    const inner = JSON.stringify({ Records: [s3Record("a.jpg"), s3Record("b.jpg")] });
    const body = JSON.stringify({ Type: "Notification", MessageId: "1", Message: inner });
    expect(parseMessage(body)).toMatchObject({ jobs: [{ key: "a.jpg" }, { key: "b.jpg" }] });
  });

  it("unwraps one SNS notification only", () => {
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

  /** Every event type of S3, and whether it is a job. */
  const TYPES: readonly (readonly [string, boolean])[] = [
    ["ObjectCreated:Put", true],
    ["ObjectCreated:Post", true],
    ["ObjectCreated:Copy", true],
    ["ObjectCreated:CompleteMultipartUpload", true],
    ["ObjectRemoved:Delete", true],
    ["ObjectRemoved:DeleteMarkerCreated", true],
    ["ObjectRestore:Completed", true],
    ["LifecycleExpiration:Delete", true],
    ["LifecycleExpiration:DeleteMarkerCreated", true],
    ["ObjectRestore:Post", false],
    ["ObjectRestore:Delete", false],
    ["ReducedRedundancyLostObject", false],
    ["Replication:OperationFailedReplication", false],
    ["LifecycleTransition", false],
    ["IntelligentTiering", false],
    ["ObjectTagging:Put", false],
    ["ObjectTagging:Delete", false],
    ["ObjectAcl:Put", false],
    ["ObjectAnnotation:Put", false],
    ["Unknown:ToUs", false],
    // MinIO and Ceph.
    ["ObjectCreated:PutTagging", false],
    ["ObjectCreated:PutLegalHold", false],
    ["ObjectRemoved:NoOP", false],
    ["ObjectRemoved:DeleteAllVersions", true],
    ["LifecycleDelMarkerExpiration:Delete", true],
    ["ObjectLifecycle:Expiration:Current", true],
    ["ObjectLifecycle:Transition:Current", false],
    ["ObjectSynced:Create", true],
    ["ObjectAccessed:Get", false],
  ];

  it.each(TYPES)("reads an S3 event %s as a job: %s", (name, isJob) => {
    for (const eventName of [name, `s3:${name}`]) {
      const read = parseMessage(
        JSON.stringify({ Records: [s3Record("a.jpg", { name: eventName })] }),
      );
      expect(read).toMatchObject(
        isJob
          ? { kind: "jobs", jobs: [{ key: "a.jpg" }] }
          : { kind: "ignored", why: `an S3 event "${eventName}"` },
      );
    }
  });

  it.each([
    ["Object Created", true],
    ["Object Deleted", true],
    ["Object Restore Completed", true],
    ["Object Restore Initiated", false],
    ["Object Restore Expired", false],
    ["Object Tags Added", false],
    ["Object Tags Deleted", false],
    ["Object ACL Updated", false],
    ["Object Storage Class Changed", false],
    ["Object Access Tier Changed", false],
    ["Object Something New", false],
  ])("reads an EventBridge event %s as a job: %s", (type, isJob) => {
    const event = {
      source: "aws.s3",
      "detail-type": type,
      // Events that are not jobs need no object.
      detail: isJob ? { bucket: { name: "photos" }, object: { key: "a+b.jpg" } } : {},
    };
    expect(parseMessage(JSON.stringify(event))).toMatchObject(
      isJob
        ? { kind: "jobs", jobs: [{ key: "a+b.jpg" }] }
        : { kind: "ignored", why: `an EventBridge event "${type}"` },
    );
  });

  it("reads the jobs among events of all types", () => {
    const names = ["ObjectTagging:Put", "ObjectCreated:Put", "ObjectAcl:Put"];
    const Records = names.map((name, at) => s3Record(`${at}.jpg`, { name }));
    expect(parseMessage(JSON.stringify({ Records }))).toMatchObject({ jobs: [{ key: "1.jpg" }] });
  });

  it.each([
    ["MinIO's", { eventSource: "minio:s3", eventName: "s3:ObjectCreated:Put", awsRegion: "" }],
    ["Ceph's", { eventSource: "ceph:s3", awsRegion: undefined }],
    ["a sourceless", { eventSource: undefined, awsRegion: undefined }],
    ["a null-source", { eventSource: null, awsRegion: null }],
  ])("reads %s notification", (_whose, dialect) => {
    const sizes = [
      ["42", 42],
      [42, 42],
      [null, undefined],
      ["", undefined],
      ["many", undefined],
      [-1, undefined],
      [{}, undefined],
    ] as const;
    for (const [size, bytes] of sizes) {
      const record = { ...s3Record("a%2Fb.jpg"), ...dialect };
      const s3 = { ...record.s3, object: { ...record.s3.object, size } };
      const body = JSON.stringify({ EventName: "x", Key: "y", Records: [{ ...record, s3 }] });
      const job = { bucket: "photos", key: "a/b.jpg", at: AT, mayHaveRun: false, force: false };
      expect(parseMessage(body)).toEqual({
        kind: "jobs",
        jobs: [{ ...job, ...(bytes !== undefined && { bytes }) }],
      });
    }
  });

  it("ignores a notification without records", () => {
    expect(parseMessage('{"Records":[]}').kind).toBe("ignored");
  });

  const keys = ["", "a\ud800", "\udfffa", "x".repeat(1025), "ü".repeat(513)];
  it.each(keys)("rejects a key that S3 cannot have: %j", (key) => {
    const object = { key, size: 1 };
    const bodies = [
      { type: "imagefleet.job", version: 1, bucket: "photos", key },
      { Records: [s3Record(key)] },
      {
        source: "aws.s3",
        "detail-type": "Object Created",
        detail: { bucket: { name: "p" }, object },
      },
    ];
    for (const body of bodies) {
      expect(parseMessage(JSON.stringify(body))).toMatchObject({ kind: "malformed" });
    }
  });

  it("rejects a value that is not a bucket's name", () => {
    for (const bucket of [
      "",
      "a/b",
      "arn:aws:s3:eu-west-1:1:accesspoint/x",
      "x".repeat(256),
      "ü",
    ]) {
      const body = JSON.stringify({ type: "imagefleet.job", version: 1, bucket, key: "a.jpg" });
      expect(parseMessage(body)).toMatchObject({ kind: "malformed" });
    }
  });

  it.each([
    ["", "the body is not JSON"],
    ["hello", 'the body is not JSON: "hello"'],
    ["null", "the body must be a JSON object, but it is null"],
    ["1e999", "the body must be a JSON object, but it is 1e999"],
    [' "hello"', 'the body must be a JSON object, but it is "hello"'],
    ["[]", "not an S3 event"],
    ["{}", "not an S3 event"],
    [
      '{"Records":{}}',
      "the body looks like an S3 event, but Records is an object: it must be an array",
    ],
    ['{"Records":[5]}', "Records.0 is 5: it must be an object"],
    ['{"Records":[{"eventName":null}]}', "Records.0.eventName is null: it must be a string"],
    ['{"Records":[{"eventName":"ObjectCreated:Put","s3":[]}]}', "Records.0.s3.bucket is missing"],
    [
      '{"Records":[{"eventSource":"aws:sns"}]}',
      'Records.0.eventSource is "aws:sns": it must be S3\'s',
    ],
    [
      JSON.stringify({ Records: [s3Record("%E0%A4%A")] }),
      'Records.0.s3.object.key is "%E0%A4%A": it must be form-encoded UTF-8',
    ],
    [
      '{"type":"imagefleet.job","version":1,"bucket":"b"}',
      "the body looks like a job message, but key is missing",
    ],
    [
      '{"type":"imagefleet.job","version":2}',
      "the body looks like a job message, but version is 2: it must be 1",
    ],
    [
      '{"source":"aws.sns","detail-type":"x"}',
      'the body looks like an EventBridge event, but source is "aws.sns": it must be "aws.s3"',
    ],
    ['{"source":"aws.s3","detail":{}}', "an EventBridge event, but detail-type is missing"],
  ])("reports what is wrong with %j", (body, message) => {
    expect(parseMessage(body)).toEqual({
      kind: "malformed",
      message: expect.stringContaining(message),
    });
  });

  it("says how long a key is that is too long", () => {
    const job = { type: "imagefleet.job", version: 1, bucket: "b", key: "x".repeat(1025) };
    expect(parseMessage(JSON.stringify(job))).toMatchObject({
      message: `the body looks like a job message, but key is "${"x".repeat(40)}…": it must be 1024 bytes of UTF-8 at most, and has 1025`,
    });
  });

  it("never throws, and returns a short message, for any body", () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        const intake = parseMessage(body);
        if (intake.kind === "malformed") expect(intake.message.length).toBeLessThan(400);
        if (intake.kind === "jobs") {
          for (const { key } of intake.jobs) expect(key.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it("returns a short message for a long body", () => {
    const long = "x".repeat(200_000);
    for (const body of [
      JSON.stringify({ source: long, "detail-type": "Object Created" }),
      JSON.stringify({ Records: [{ eventSource: long, eventName: long }] }),
      JSON.stringify({ Records: [{ eventName: long }] }),
      JSON.stringify({ type: "imagefleet.job", version: 1, bucket: long, key: long }),
      JSON.stringify({ Records: Array.from({ length: 20_000 }, () => ({ eventName: 1 })) }),
    ]) {
      const read = parseMessage(body);
      expect(JSON.stringify(read).length).toBeLessThan(400);
    }
  });
});
