import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { signerFor, xraySigner } from "./signer.ts";

const REGION = "eu-west-1";
const SECRET = "wJalrXUtnFEMI";

const aws = createS3({
  region: REGION,
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: SECRET },
});

describe("signerFor", () => {
  const url = `https://xray.${REGION}.amazonaws.com/v1/traces`;

  it("signs requests to X-Ray, and not those to a collector", () => {
    expect(signerFor({ url, region: REGION, aws })).toBeDefined();
    expect(
      signerFor({ url: "http://127.0.0.1:4318/v1/traces", region: REGION, aws }),
    ).toBeUndefined();
    const elsewhere = "https://xray.eu-west-1.amazonaws.com.example.org/v1/traces";
    expect(signerFor({ url: elsewhere, region: REGION, aws })).toBeUndefined();
  });

  it("signs as AWS describes it", async () => {
    const body = '{"resourceSpans":[]}';
    const sign = xraySigner({ region: REGION, aws });
    const headers = await sign({ url, headers: { "content-type": "application/json" }, body });
    const [, names = "", signature] =
      /SignedHeaders=([^,]+), Signature=(\w+)/.exec(headers["authorization"] ?? "") ?? [];
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    const mac = (key: string | Buffer, text: string) =>
      createHmac("sha256", key).update(text).digest();
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    const canonical = [
      "POST",
      "/v1/traces",
      "",
      ...names.split(";").map((name) => `${name}:${headers[name]}`),
      "",
      names,
      hash(body),
    ].join("\n");
    const time = headers["x-amz-date"] ?? "";
    const scope = `${time.slice(0, 8)}/${REGION}/xray/aws4_request`;
    const toSign = ["AWS4-HMAC-SHA256", time, scope, hash(canonical)].join("\n");
    const key = scope.split("/").reduce<string | Buffer>(mac, `AWS4${SECRET}`);
    expect(mac(key, toSign).toString("hex")).toBe(signature);
    expect(names.split(";")).toEqual(expect.arrayContaining(["host", "x-amz-content-sha256"]));
  });
});
