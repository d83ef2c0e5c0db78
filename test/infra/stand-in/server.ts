import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { S3Client } from "@aws-sdk/client-s3";
import { SignatureV4 } from "@smithy/signature-v4";
import { all, textAt } from "../read.ts";
import type { Json } from "../resource.ts";
import { ec2, iam, serviceQuotas, sts } from "./account.ts";
import { type Answer, json } from "./answer.ts";
import { cloudFrontOperation, cloudfront, viewed } from "./cloudfront.ts";
import type { Account, DeployedState } from "./deployed-state.ts";
import { cloudwatch, ecs, lambda } from "./programs.ts";
import {
  dynamodb,
  encryption,
  listBuckets,
  listQueues,
  notification,
  queueAttributes,
  s3Error,
  Versions,
} from "./stores.ts";

/** Of what is sent, bytes that can be a question: more is a picture. */
const LONGEST = 100_000;

/** What the stand-in stands before: S3 and SQS of this machine, and their names there. */
export interface Behind {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** By the name in the graph, the one on this machine. */
  readonly names: ReadonlyMap<string, string>;
  /** The address of the edge. */
  readonly edge?: string;
}

/** A call as it came. */
export interface ReceivedCall {
  /** `sts`, `ecs`, `s3`: by the signature. */
  readonly service: string;
  /** `eu-west-1`: also by the signature. */
  readonly region: string;
  /** `GetCallerIdentity`; S3's and SQS's own stand in the request. */
  readonly operation: string;
  readonly request: IncomingMessage;
  readonly body: string;
}

interface Unsigned {
  readonly service: string;
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** Headers of one connection and one signature, which are not the next one's. */
const OWN_HEADERS = new Set([
  "authorization",
  "connection",
  "content-length",
  "expect",
  "host",
  "x-amz-content-sha256",
  "x-amz-date",
]);

/**
 * Stands for AWS: what is deployed is a graph, and each service tells of it as its API reference says.
 * Objects and messages themselves are kept by the local servers behind it.
 */
export class StandIn implements AsyncDisposable {
  /** What is deployed; undefined: nothing yet. */
  graph: DeployedState["graph"];
  account: Account;
  /** IAM actions that are denied, as `iam:GetRole`. */
  denied: readonly string[] = [];
  /** What is put arrives with its bytes overwritten. */
  spoils = false;
  readonly versions = new Versions();
  onCall: (call: ReceivedCall) => void | Promise<void> = () => undefined;
  readonly #behind: Behind;
  readonly #hash = new S3Client().config.sha256;
  readonly #server = createServer((incoming, response) => {
    this.#meet(incoming, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  private constructor(behind: Behind, account: Account) {
    this.#behind = behind;
    this.account = account;
  }

  static async start(behind: Behind, account: Account): Promise<StandIn> {
    const standIn = new StandIn(behind, account);
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  /** By a name that is not this machine's: what is at a loopback address is a local fleet. */
  get endpoint(): string {
    const address = this.#server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    return `http://servers:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #meet(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "/" } = incoming;
    if (url.startsWith("/@")) {
      const got = await viewed(url, this.#deployed, this.#behind.edge ?? "");
      response.writeHead(got.status, withoutLength(got.headers)).end(got.body);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const call = receivedCallOf(incoming, body);
    await this.onCall(call);
    const answer = this.#isDenied(call)
      ? deniedAnswer(call)
      : await this.#answer(call, new URL(incoming.url ?? "/", "http://servers"));
    if (answer === undefined) return this.#pass(incoming, body, response);
    const { status = 200, type } = answer;
    const types = { json: "application/json", xml: "text/xml", none: "text/plain" };
    response.writeHead(status, { "content-type": types[type] }).end(answer.body);
  }

  #isDenied({ service, operation }: ReceivedCall): boolean {
    return this.denied.includes(`${service}:${operation}`);
  }

  /** Undefined: the servers behind know. */
  async #answer(call: ReceivedCall, url: URL): Promise<Answer | undefined> {
    const { service, operation, body } = call;
    const deployed = this.#deployed;
    switch (service) {
      case "cloudfront":
        return cloudfront(operation, deployed);
      case "dynamodb":
        return dynamodb(operation, parsed(body), deployed);
      case "sts":
        return sts();
      case "iam":
        return iam(operation, new URLSearchParams(body), deployed);
      case "ec2":
        return ec2(operation, deployed);
      case "servicequotas":
        return serviceQuotas(operation, parsed(body), deployed);
      case "ecs":
        return ecs(operation, parsed(body), deployed);
      case "lambda":
        return lambda(url, deployed);
      case "monitoring":
        return cloudwatch(call.region, parsed(body), deployed);
      case "sqs":
        return this.#sqs(operation, parsed(body), deployed);
      default:
        return this.#s3(call.request.method ?? "GET", url, deployed);
    }
  }

  get #deployed(): DeployedState {
    return {
      graph: this.graph,
      account: this.account,
      waiting: async (queue) =>
        Number((await this.#attributesBehind(queue))["ApproximateNumberOfMessages"] ?? 0),
    };
  }

  async #sqs(operation: string, input: Json, deployed: DeployedState): Promise<Answer | undefined> {
    if (operation === "ListQueues") return listQueues(input, deployed);
    if (operation !== "GetQueueAttributes") return undefined;
    const name = textAt(input, "QueueUrl").split("/").at(-1) ?? "";
    const there = await this.#attributesBehind(name);
    const counts = Object.fromEntries(
      Object.entries(there).filter(([attribute]) => attribute.startsWith("ApproximateNumber")),
    );
    return json({ Attributes: { ...queueAttributes(name, deployed), ...counts } });
  }

  #s3(method: string, url: URL, deployed: DeployedState): Answer | undefined {
    const [, bucket = "", ...rest] = url.pathname.split("/");
    const query = url.searchParams;
    const key = decodeURIComponent(rest.join("/"));
    if (bucket === "") return listBuckets(query.get("prefix") ?? "", deployed);
    const isKnown = this.#behind.names.has(bucket) || bucket in this.account.buckets;
    if (!isKnown) return s3Error("NoSuchBucket", 404);
    if (query.has("notification")) return notification(bucket, deployed);
    if (query.has("encryption")) return encryption(bucket, deployed);
    if (!isVersioned(bucket, deployed)) return undefined;
    if (query.has("versions")) return this.versions.list(query.get("prefix") ?? "");
    const id = query.get("versionId");
    if (method === "DELETE" && id !== null) {
      this.versions.remove(key, id);
      return { status: 204, type: "none", body: "" };
    }
    if (key !== "" && (method === "PUT" || method === "DELETE")) {
      this.versions.put(key, method === "DELETE");
    }
    return undefined;
  }

  /** On to the servers behind, by the names there, and signed for them. */
  async #pass(incoming: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const { service } = scopeOf(incoming);
    const { method = "GET", url = "/" } = incoming;
    const isSpoilt = this.spoils && service === "s3" && method === "PUT";
    const whole = isSpoilt ? Buffer.alloc(body.length, "no picture ") : body;
    const sent = service === "sqs" ? this.#readdressed(body) : whole;
    const headers = Object.entries(incoming.headers).filter(
      (header): header is [string, string] =>
        typeof header[1] === "string" && !OWN_HEADERS.has(header[0]),
    );
    const to = { service, method, target: this.#translated(url), body: sent };
    const signed = await this.#signed({ ...to, headers: Object.fromEntries(headers) });
    const passed = request(
      new URL(to.target, this.#behind.endpoint),
      { method, headers: { ...signed, "content-length": sent.length } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on("error", (error) => response.destroy(error));
    passed.end(sent);
  }

  /** @returns the headers with which the servers behind take a request */
  async #signed({ service, method, target, headers, body }: Unsigned) {
    const { protocol, host, hostname, pathname, searchParams } = new URL(
      target,
      this.#behind.endpoint,
    );
    const signer = new SignatureV4({
      service,
      region: "us-east-1",
      credentials: this.#behind.credentials,
      sha256: this.#hash,
      uriEscapePath: service !== "s3",
    });
    const signed = await signer.sign({
      method,
      protocol,
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...headers, host },
      body,
    });
    return signed.headers;
  }

  /** A message's body stays as it is: the SDK holds SQS's answer against its hash. */
  #readdressed(body: Buffer): Buffer {
    const input: Record<string, Json> = JSON.parse(body.toString());
    const at = Object.entries(input).filter(([field]) => /^Queue(Url|Name)$/.test(field));
    const translated = at.map(([field, value]) => [field, this.#translated(String(value))]);
    return Buffer.from(JSON.stringify({ ...input, ...Object.fromEntries(translated) }));
  }

  #translated(text: string): string {
    let translated = text;
    for (const [name, there] of this.#behind.names) {
      translated = translated.replaceAll(name, there);
    }
    return translated;
  }

  async #attributesBehind(queue: string): Promise<Record<string, string>> {
    const name = this.#behind.names.get(queue);
    const QueueUrl = `${this.#behind.endpoint}/000000000000/${name}`;
    const body = JSON.stringify({ QueueUrl, AttributeNames: ["All"] });
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.GetQueueAttributes",
    };
    const asked = { service: "sqs", method: "POST", target: "/", headers, body };
    const answer = await fetch(this.#behind.endpoint, {
      method: "POST",
      headers: await this.#signed(asked),
      body,
    });
    const { Attributes = {} }: { Attributes?: Record<string, string> } = JSON.parse(
      await answer.text(),
    );
    return Attributes;
  }
}

/** The body is sent as it was read: its length is that of the response. */
function withoutLength({
  "content-length": _length,
  connection: _connection,
  "transfer-encoding": _encoding,
  ...headers
}: Readonly<Record<string, string>>): Record<string, string> {
  return headers;
}

function isVersioned(bucket: string, { graph }: DeployedState): boolean {
  return (
    graph !== undefined &&
    all(graph, "s3/bucketVersioning:BucketVersioning").some(
      ({ inputs }) =>
        textAt(inputs, "bucket") === bucket &&
        textAt(inputs, "versioningConfiguration.status") === "Enabled",
    )
  );
}

/** The region and the service that a request is signed for. */
function scopeOf({ headers }: IncomingMessage): { region: string; service: string } {
  const [, region = "", service = ""] =
    /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  return { region, service };
}

function receivedCallOf(incoming: IncomingMessage, bytes: Buffer): ReceivedCall {
  const { region, service } = scopeOf(incoming);
  const body = bytes.length > LONGEST ? "" : bytes.toString();
  const target = incoming.headers["x-amz-target"];
  const operation =
    typeof target === "string"
      ? (target.split(".").at(-1) ?? "")
      : (new URLSearchParams(service === "s3" ? "" : body).get("Action") ??
        (service === "cloudfront"
          ? cloudFrontOperation(new URL(incoming.url ?? "/", "http://servers").pathname)
          : lambdaOperation(incoming.url ?? "")));
  return { service, region, operation, request: incoming, body };
}

function lambdaOperation(url: string): string {
  if (url.includes("/event-source-mappings")) return "ListEventSourceMappings";
  if (url.includes("/concurrency")) return "GetFunctionConcurrency";
  return url.includes("/configuration") ? "GetFunctionConfiguration" : "";
}

function deniedAnswer({ service }: ReceivedCall): Answer {
  const message = "User: deployer is not authorized to perform this operation";
  const isXml = ["sts", "iam", "s3", "cloudfront"].includes(service);
  if (!isXml) return json({ __type: "AccessDeniedException", message }, 403);
  const body = `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status: 403, type: "xml", body };
}

function parsed(body: string): Json {
  const value: Json = body === "" ? {} : JSON.parse(body);
  return value;
}
