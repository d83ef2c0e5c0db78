import type { Json } from "../resource.ts";

/** What a service answers: a body in the form of its protocol. */
export interface Answer {
  readonly status?: number;
  readonly type: "json" | "xml" | "none";
  readonly body: string;
}

export function json(value: Json, status = 200): Answer {
  return { status, type: "json", body: JSON.stringify(value) };
}

/** https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function jsonError(type: string, message: string, status = 400): Answer {
  return json({ __type: type, message }, status);
}

export function xml(body: string, status = 200): Answer {
  return { status, type: "xml", body: `<?xml version="1.0" encoding="UTF-8"?>${body}` };
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function queryAnswer(action: string, result: Json): Answer {
  const inner = element(`${action}Result`, result, "member");
  const metadata = "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>";
  return xml(`<${action}Response>${inner}${metadata}</${action}Response>`);
}

export function queryError(code: string, message: string, status: number): Answer {
  const error = element("Error", { Type: "Sender", Code: code, Message: message }, "member");
  return xml(`<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`, status);
}

/**
 * An element of XML.
 *
 * @param item what an entry of a list is called; undefined: as the list, one after the other
 */
export function element(name: string, value: Json, item?: string): string {
  if (Array.isArray(value)) {
    if (item === undefined) return value.map((each) => element(name, each)).join("");
    return `<${name}>${value.map((each) => element(item, each, item)).join("")}</${name}>`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([field, each]) => element(field, each, item));
    return `<${name}>${fields.join("")}</${name}>`;
  }
  return `<${name}>${escaped(String(value))}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
