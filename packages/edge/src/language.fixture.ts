import { parse } from "acorn";
import { fullAncestor } from "acorn-walk";

/**
 * What the runtime cloudfront-js-2.0 has, as far as it may be used here:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 * What is not in these lists is a fault, so that a new feature of the language is looked up first.
 */
const SYNTAX = new Set(
  [
    "Program ExpressionStatement BlockStatement FunctionDeclaration ArrowFunctionExpression Identifier",
    "ReturnStatement IfStatement ForStatement ContinueStatement TryStatement CatchClause Literal",
    "VariableDeclaration VariableDeclarator ObjectExpression Property ArrayExpression MemberExpression",
    "CallExpression AssignmentExpression UpdateExpression UnaryExpression BinaryExpression",
    "LogicalExpression ConditionalExpression",
    // The module "cloudfront", and its answers.
    "ImportDeclaration ImportDefaultSpecifier AwaitExpression",
  ].flatMap((line) => line.split(" ")),
);

const GLOBALS = new Set(
  "Object Math Number Date require undefined decodeURIComponent encodeURIComponent".split(" "),
);

/** Methods, by name: of arrays, texts, regular expressions and objects. */
const METHODS = new Set(
  [
    "call hasOwnProperty keys max exec test indexOf charAt endsWith includes startsWith replace slice split trim",
    "toLowerCase lastIndexOf concat every filter forEach join map pop push shift now",
    // Of the modules "crypto" and "cloudfront", and of the functions' own.
    "createHmac update digest kvs get keyOf",
  ].flatMap((line) => line.split(" ")),
);

/**
 * Regular expressions: ES 5.1, named groups apart. Not global ones: in njs they fail, or run without an
 * end, on texts beyond ASCII (https://github.com/nginx/njs/issues/677).
 */
const NOT_IN_PATTERNS = /\(\?<[=!]|\\[pP]\{|\(\?[ims-]+:/;

/** What of some code the runtime may not have; empty: nothing. */
export function notInRuntime(code: string): string[] {
  const faults = new Set<string>();
  const program = parse(code, { ecmaVersion: 2022, sourceType: "module" });
  const declared = new Set<string>(["arguments"]);
  const used = new Set<string>();
  fullAncestor(program, (node, _state, ancestors) => {
    if (!SYNTAX.has(node.type)) faults.add(node.type);
    const one = fields(node);
    const parent = ancestors.at(-2);
    if (
      (one["async"] && node.type !== "FunctionDeclaration") ||
      one["generator"] ||
      one["shorthand"] ||
      one["computed"] === true
    ) {
      if (node.type !== "MemberExpression") faults.add(`${node.type} of a newer kind`);
    }
    if (one["operator"] === "??" || one["operator"] === "**=" || one["optional"] === true) {
      faults.add(String(one["operator"] ?? "?."));
    }
    if (one["regex"]) {
      const { pattern, flags } = fields(one["regex"]);
      if (NOT_IN_PATTERNS.test(String(pattern)) || String(flags).includes("g")) faults.add("regex");
    }
    if (node.type === "VariableDeclarator") declared.add(nameOf(one["id"]));
    if (node.type === "FunctionDeclaration") declared.add(nameOf(one["id"]));
    if (Array.isArray(one["params"])) for (const each of one["params"]) declared.add(nameOf(each));
    if (node.type === "ImportDefaultSpecifier") declared.add(nameOf(one["local"]));
    if (node.type === "ImportDeclaration" && nameOf(one["source"], "value") !== "cloudfront") {
      faults.add(`import of ${nameOf(one["source"], "value")}`);
    }
    // "await can be used inside async functions only. async arguments and closures are not supported."
    if (node.type === "AwaitExpression" && parent?.type === "CallExpression")
      faults.add("await as an argument");
    if (node.type === "CatchClause") declared.add(nameOf(one["param"]));
    if (node.type === "CallExpression") {
      const callee = fields(one["callee"]);
      const name = nameOf(callee["property"]);
      if (callee["type"] === "MemberExpression" && !METHODS.has(name)) faults.add(`.${name}()`);
    }
    if (node.type === "Identifier" && parent !== undefined) {
      const outer = fields(parent);
      const isName =
        (parent.type === "MemberExpression" && outer["property"] === node && !outer["computed"]) ||
        (parent.type === "Property" && outer["key"] === node && !outer["computed"]);
      if (!isName) used.add(nameOf(node));
    }
  });
  for (const name of used) if (!declared.has(name) && !GLOBALS.has(name)) faults.add(name);
  return [...faults].sort();
}

function fields(node: unknown): Record<string, unknown> {
  return { ...Object(node) };
}

function nameOf(node: unknown, field = "name"): string {
  return String(fields(node)[field]);
}
