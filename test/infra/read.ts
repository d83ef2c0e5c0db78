import type { Graph, Json, Resource } from "./resource.ts";

/** Resources of a type, as "sqs/queue:Queue". */
export function all(graph: Graph, type: string): Resource[] {
  return graph.resources.filter((resource) => resource.type === `aws:${type}`);
}

/** What lies at a path such as "rules.0.status". */
export function at(from: Json | Resource["inputs"] | undefined, path: string): Json | undefined {
  let value: Json | Resource["inputs"] | undefined = from;
  for (const step of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Array.isArray(value) ? value[Number(step)] : value[step];
  }
  return value === undefined ? undefined : asJson(value);
}

export function textAt(from: Json | Resource["inputs"] | undefined, path: string): string {
  const value = at(from, path);
  return typeof value === "string" ? value : "";
}

export function numberAt(from: Json | Resource["inputs"] | undefined, path: string): number {
  const value = at(from, path);
  return typeof value === "number" ? value : Number.NaN;
}

export function listAt(from: Json | Resource["inputs"] | undefined, path: string): Json[] {
  const value = at(from, path);
  return Array.isArray(value) ? value : [];
}

/** JSON within JSON: policies, containers. */
export function jsonAt(from: Json | Resource["inputs"] | undefined, path: string): Json {
  const text = textAt(from, path);
  if (text === "") return null;
  const value: Json = JSON.parse(text);
  return value;
}

/** A text, or a list of texts: IAM takes both. */
export function texts(value: Json | undefined): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** The part of `expected` that `actual` has otherwise, as lines. */
export function differences(expected: Json, actual: Json | undefined, path = ""): string[] {
  if (typeof expected !== "object" || expected === null) {
    if (expected === actual) return [];
    return [`${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
  }
  if (Array.isArray(expected)) {
    const length = Array.isArray(actual) ? actual.length : 0;
    const more =
      length === expected.length ? [] : [`${path} has ${length}, not ${expected.length}`];
    return [
      ...more,
      ...expected.flatMap((each, n) => differences(each, at(actual, String(n)), `${path}.${n}`)),
    ];
  }
  return Object.entries(expected).flatMap(([key, each]) =>
    differences(each, at(actual, key), path === "" ? key : `${path}.${key}`),
  );
}

function asJson(value: Json | Resource["inputs"]): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return { ...value };
}
