import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createPrivateKey, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { generate } from "selfsigned";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { NPM_INSTALL, packInto } from "./packed.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const INSTALL_MS = 300_000;
const run = promisify(execFile);

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:imagefleet-Notifications";
const OTHER_TOPIC = "arn:aws:sns:eu-central-1:210987654321:theirs";
const CERTIFICATE = `/SimpleNotificationService-${"0a".repeat(16)}.pem`;
const UNREADABLE = `/SimpleNotificationService-${"0b".repeat(16)}.pem`;
const KEY = "uploads/alice/01KB2M3N4P5Q6R7S8T9V0W1X2Y.jpg";

let folder: string;
let app: string;
let sns: ReturnType<typeof createServer>;
let host: string;
let privateKey: KeyObject;
let receiver: ChildProcess;
let address: string;
/** What the receiver has applied. Its lines may arrive after its answers. */
const applied: unknown[] = [];
/** What was requested of the server in the place of SNS. */
const requested: string[] = [];
/** The status with which it answers the first request of the unreadable certificate. */
let broken = true;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-webhook-"));
  const [[client = ""], made] = await Promise.all([
    packInto(folder, ["@imagefleet/client"]),
    generate([{ name: "commonName", value: "localhost" }], {
      keySize: 2048,
      algorithm: "sha256",
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
    }),
  ]);
  privateKey = createPrivateKey(made.private);
  app = join(folder, "app");
  await cp(join(ROOT, "examples/webhook"), app, { recursive: true });
  const { dependencies, ...rest } = JSON.parse(await readFile(join(app, "package.json"), "utf8"));
  const own = { ...dependencies, "@imagefleet/client": `file:${client}` };
  await writeFile(join(app, "package.json"), JSON.stringify({ ...rest, dependencies: own }));
  await run("npm", NPM_INSTALL, { cwd: app });

  sns = createServer({ key: made.private, cert: made.cert }, ({ url = "" }, response) => {
    requested.push(url);
    const isBroken = url === UNREADABLE && broken;
    if (isBroken) broken = false;
    response.writeHead(isBroken ? 500 : 200).end(url.endsWith(".pem") ? made.cert : "");
  });
  sns.listen(0, "localhost");
  await once(sns, "listening");
  // A string only of a pipe.
  host = `localhost:${(sns.address() as AddressInfo).port}`;
  await writeFile(join(folder, "ca.pem"), made.cert);
  receiver = spawn(process.execPath, ["main.ts"], {
    cwd: app,
    env: {
      ...process.env,
      TOPIC_ARN: TOPIC,
      SNS_HOST: host,
      PORT: "0",
      NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (receiver.stdout === null) throw new Error("its output is not read");
  const lines = createInterface(receiver.stdout);
  const [first] = await once(lines, "line");
  address = `http://localhost:${JSON.parse(String(first)).port}`;
  lines.on("line", (line) => applied.push(JSON.parse(line)));
}, INSTALL_MS);
afterAll(async () => {
  receiver?.kill();
  sns?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  applied.length = 0;
  requested.length = 0;
});

interface Sent {
  readonly topic?: string;
  readonly certificate?: string;
  readonly version?: "1" | "2";
  readonly key?: KeyObject;
  readonly at?: number;
}

/** A message as SNS signs it. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
function message(
  fields: Readonly<Record<string, string>>,
  sent: Sent = {},
): Readonly<Record<string, string>> {
  const { topic = TOPIC, version = "2", key = privateKey, at = Date.now() } = sent;
  const { certificate = `https://${host}${CERTIFICATE}` } = sent;
  const common = { MessageId: "9f1c", TopicArn: topic, Timestamp: new Date(at).toISOString() };
  const whole: Record<string, string> = { ...common, ...fields };
  const names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const text = names.flatMap((name) => (name in whole ? `${name}\n${whole[name]}\n` : "")).join("");
  const signature = createSign(version === "1" ? "sha1" : "sha256").update(text);
  return {
    ...whole,
    SignatureVersion: version,
    Signature: signature.sign(key, "base64"),
    SigningCertURL: certificate,
  };
}

let count = 0;

/** A notification of the fleet. Each has another id and a later `seq`, unless it is given. */
function notification(given: object = {}) {
  count += 1;
  const id = count.toString(16).padStart(32, "0");
  const at = new Date().toISOString();
  const own = { version: 1, id, type: "image.ready", at, bucket: "photos", key: KEY, seq: count };
  return { ...own, first: true, ...given };
}

function notified(given?: object, sent?: Sent) {
  return message({ Type: "Notification", Message: JSON.stringify(notification(given)) }, sent);
}

function subscription(url: string, sent?: Sent) {
  const fields = { Type: "SubscriptionConfirmation", Message: "You have chosen", Token: "t0" };
  return message({ ...fields, SubscribeURL: url }, sent);
}

function confirmation(topic: string, of = host): string {
  return `https://${of}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=t0`;
}

async function post(body: object | string): Promise<[status: number, text: string]> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(address, { method: "POST", body: text });
  return [response.status, await response.text()];
}

it("compiles", async () => {
  const compiled = run("tsc", ["-p", app]);
  expect(await compiled.catch((error) => error)).toMatchObject({ stdout: "", stderr: "" });
});

it("confirms the subscription of its topic", async () => {
  const url = confirmation(TOPIC);
  expect(await post(subscription(url))).toEqual([200, "confirmed"]);
  expect(requested).toContain(url.slice(`https://${host}`.length));
});

it.each(["1", "2"] as const)(
  "applies a notification with signature version %s",
  async (version) => {
    expect(await post(notified({ type: "image.removed" }, { version }))).toEqual([200, "applied"]);
    await expect.poll(() => applied).toMatchObject([{ type: "image.removed", key: KEY }]);
  },
);

it("applies copies once, also those that come at the same time", async () => {
  const id = "c".repeat(32);
  const copy = notified({ id });
  const answers = await Promise.all([copy, copy, copy].map(post));
  expect(answers.map(([, text]) => text).sort()).toEqual(["applied", "known", "known"]);
  expect(await post(copy)).toEqual([200, "known"]);
  // After the fleet's table was made again, a copy may name a later version of the manifest.
  expect(await post(notified({ id }))).toEqual([200, "known"]);
  await expect.poll(() => applied).toHaveLength(1);
});

it("does not apply what is older by seq, or by time where seq is the same", async () => {
  const [at, later] = ["2026-11-27T12:00:00.000Z", "2026-11-27T12:00:01.000Z"];
  const key = "uploads/bob/01KB2M3N4P5Q6R7S8T9V0W1X2Z.jpg";
  const texts = [
    await post(notified({ key, seq: 20, at })),
    await post(notified({ key, seq: 10, at: later })),
    await post(notified({ key, seq: 20, at: later, type: "image.failed", reason: "TimedOut" })),
    await post(notified({ key, seq: 20, at })),
  ].map(([, text]) => text);
  expect(texts).toEqual(["applied", "known", "applied", "known"]);
  const both = [{ type: "image.ready" }, { type: "image.failed" }];
  await expect.poll(() => applied).toMatchObject(both);
});

it("has a message sent again whose certificate cannot be read", async () => {
  const sent = notified({}, { certificate: `https://${host}${UNREADABLE}` });
  expect(await post(sent)).toEqual([500, expect.any(String)]);
  expect(await post(sent)).toEqual([200, "applied"]);
});

it("applies the next copy of what the application could not apply", async () => {
  const { Inbox } = await import(pathToFileURL(join(app, "inbox.ts")).href);
  let isDown = true;
  const inbox = new Inbox(async () => {
    if (isDown) throw new Error("the database is down");
  });
  const one = notification();
  await expect(inbox.take(one)).rejects.toThrow("the database is down");
  isDown = false;
  // The second one comes while the first is applied.
  expect(await Promise.all([inbox.take(one), inbox.take(one)])).toEqual([true, false]);
});

const strangers = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

it.each<[what: string, body: () => object | string, status: number]>([
  ["another topic", () => notified({}, { topic: OTHER_TOPIC }), 403],
  ["a changed text", () => ({ ...notified(), Message: JSON.stringify(notification()) }), 403],
  ["another's signature", () => notified({}, { key: strangers }), 403],
  ["an unknown signature version", () => ({ ...notified(), SignatureVersion: "3" }), 403],
  ["what was recorded two hours ago", () => notified({}, { at: Date.now() - 7_200_000 }), 403],
  ["no time", () => ({ ...notified(), Timestamp: "now" }), 403],
  ["a text that is no notification", () => message({ Type: "Notification", Message: "hi" }), 403],
  ["a later version", () => notified({ version: 2 }), 403],
  [
    "the end of a subscription",
    () => message({ Type: "UnsubscribeConfirmation", Message: "" }),
    400,
  ],
  ["a body that is no message", () => "{}", 400],
  ["fields that are no text", () => ({ ...notified(), Message: ["{}"] }), 400],
])("refuses %s", async (_what, body, status) => {
  expect(await post(body())).toEqual([status, expect.any(String)]);
  expect(applied).toEqual([]);
});

it.each([
  ["of a bucket", "https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-0a.pem"],
  ["of another path", () => `https://${host}/?Action=GetTopicAttributes&x=.pem`],
  ["of another port", () => `https://localhost:1${CERTIFICATE}`],
  ["without TLS", () => `http://${host}${CERTIFICATE}`],
])("requests no certificate %s", async (_what, given) => {
  const certificate = typeof given === "string" ? given : given();
  const [status, text] = await post(notified({}, { certificate }));
  expect([status, text]).toEqual([403, `the certificate is not one of ${host}`]);
  expect(requested).toEqual([]);
});

it.each([
  ["of another topic", () => subscription(confirmation(OTHER_TOPIC))],
  ["for another topic", () => subscription(confirmation(OTHER_TOPIC), { topic: OTHER_TOPIC })],
  ["at another host", () => subscription(confirmation(TOPIC, "localhost:1"))],
  [
    "by another action",
    () => subscription(`https://${host}/?Action=Unsubscribe&TopicArn=${TOPIC}`),
  ],
])("confirms no subscription %s", async (_what, body) => {
  expect((await post(body()))[0]).toBe(403);
  expect(requested.filter((url) => !url.endsWith(".pem"))).toEqual([]);
});

it("reads no body of more than 2 MiB, and answers only POST", async () => {
  expect((await post("x".repeat(2 * 1024 * 1024 + 1)))[0]).toBe(413);
  expect((await fetch(address, { method: "PUT", body: "{}" })).status).toBe(405);
});
