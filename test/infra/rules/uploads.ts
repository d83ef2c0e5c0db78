import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "../read.ts";
import type { Graph, Json, Resource } from "../resource.ts";
import { grants } from "./access.ts";
import type { Rule } from "./rule.ts";

/** How long a signed upload is valid, ms. */
const SIGNED_MS = 15 * 60 * 1000;

function apis(graph: Graph): Resource[] {
  return all(graph, "apigatewayv2/api:Api");
}

/** The beginning of the keys of all uploads; the recipe has no prefix of its own. */
function prefixOf({ settings }: Graph): string {
  const [beginning = ""] = (textAt(settings, "uploads.key") || "uploads/{user}").split("{");
  return beginning;
}

/** A route without one is open to everybody. */
export const everyRouteHasAnAuthorizer: Rule = (graph) => {
  const authorizers = all(graph, "apigatewayv2/authorizer:Authorizer");
  return [
    ...apis(graph)
      .filter(({ inputs }) => "target" in inputs || "routeKey" in inputs)
      .map(({ name }) => `${name} has a route of its own, which is open`),
    ...authorizers.filter((each) => !decides(each)).map(({ name }) => `${name} accepts anybody`),
    ...all(graph, "apigatewayv2/route:Route").flatMap(({ name, inputs }) => {
      const [type, id] = [textAt(inputs, "authorizationType"), textAt(inputs, "authorizerId")];
      const authorizer = authorizers.find((each) => `${each.name}-id` === id);
      const expected = authorizer?.inputs["authorizerType"] === "JWT" ? "JWT" : "CUSTOM";
      return [
        ...(authorizer !== undefined && type === expected ? [] : [`${name} has no authorizer`]),
        ...(/^(GET|POST|DELETE) \/(uploads|images)/.test(textAt(inputs, "routeKey"))
          ? []
          : [`${name} is for ${textAt(inputs, "routeKey")}`]),
      ];
    }),
  ];
};

/** By tokens of one issuer for named audiences, or by a function that the token is sent to. */
function decides({ inputs }: Resource): boolean {
  const isByHeader =
    texts(at(inputs, "identitySources")).join() === "$request.header.Authorization";
  const byToken =
    textAt(inputs, "jwtConfiguration.issuer").startsWith("https://") &&
    texts(at(inputs, "jwtConfiguration.audiences")).length > 0;
  const byFunction =
    textAt(inputs, "authorizerUri").includes(":function:") &&
    inputs["enableSimpleResponses"] === true &&
    textAt(inputs, "authorizerPayloadFormatVersion") === "2.0" &&
    numberAt(inputs, "authorizerResultTtlInSeconds") <= 300;
  return isByHeader && (inputs["authorizerType"] === "JWT" ? byToken : byFunction);
}

export const pagesOfNamedOriginsCallTheApi: Rule = (graph) => {
  const named = texts(at(graph.settings, "uploadOrigins")).join();
  const rules = all(graph, "s3/bucketCorsConfiguration:BucketCorsConfiguration").flatMap((each) =>
    listAt(each.inputs, "corsRules"),
  );
  return [
    ...apis(graph).flatMap(({ name, inputs }) => {
      const origins = texts(at(inputs, "corsConfiguration.allowOrigins")).join();
      const isCredentialed = at(inputs, "corsConfiguration.allowCredentials") === true;
      return [
        ...(origins === named ? [] : [`${name} accepts pages of "${origins}", not of "${named}"`]),
        ...(isCredentialed ? [`${name} accepts a browser's cookies`] : []),
      ];
    }),
    ...rules.flatMap((rule) => {
      const origins = texts(at(rule, "allowedOrigins")).join();
      const methods = texts(at(rule, "allowedMethods")).toSorted().join();
      return [
        ...(origins === named ? [] : [`the source bucket accepts pages of "${origins}"`]),
        ...(methods === "POST,PUT" ? [] : [`pages may ${methods} in the source bucket`]),
      ];
    }),
  ];
};

/** Without a limit of its own the API has that of the account, which other APIs share. */
export const theApiIsThrottled: Rule = (graph) =>
  apis(graph).flatMap(({ name }) => {
    const stages = all(graph, "apigatewayv2/stage:Stage").filter(
      ({ inputs }) => inputs["apiId"] === `${name}-id`,
    );
    const wanted = numberAt(graph.settings, "uploads.requestsPerSecond") || 50;
    return [
      ...(stages.length === 1 ? [] : [`${name} has ${stages.length} stages, not 1`]),
      ...stages.flatMap(({ name: stage, inputs }) => {
        const [rate, burst] = ["throttlingRateLimit", "throttlingBurstLimit"].map((field) =>
          numberAt(inputs, `defaultRouteSettings.${field}`),
        );
        return [
          ...(rate === wanted && burst === 2 * wanted
            ? []
            : [`${stage} takes ${rate} requests a second and ${burst} at once, not ${wanted}`]),
          ...(textAt(inputs, "accessLogSettings.destinationArn") === ""
            ? [`${stage} has no access log`]
            : []),
        ];
      }),
    ];
  });

/** What it may on S3, each on the uploads alone. */
const ON_UPLOADS = [
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
];

/** It signs, and who has a form has its rights: it must not read a picture, nor touch what is made of it. */
export const signedUploadsReachUploadsAlone: Rule = (graph) => {
  const uploads = `arn:aws:s3:::${textAt(graph.outputs, "sourceBucket")}/${prefixOf(graph)}*`;
  return grants(graph, "UploadRole")
    .filter((grant) => grant.startsWith("s3:"))
    .filter((grant) => !ON_UPLOADS.some((action) => grant === `${action} ${uploads}`))
    .map((grant) => `UploadRole may ${grant}`);
};

/** A form or address may say that it is valid for a week: the bucket does not believe it. */
export const oldSignaturesAreRefused: Rule = (graph) => {
  if (at(graph.settings, "uploads.authorizer") === undefined) return [];
  const bucket = textAt(graph.outputs, "sourceBucket");
  const own = all(graph, "s3/bucketPolicy:BucketPolicy").filter(
    ({ inputs }) => inputs["bucket"] === bucket,
  );
  return own.flatMap(({ name, inputs }) => {
    const statements = listAt(jsonAt(inputs, "policy"), "Statement");
    const uploads = `arn:aws:s3:::${bucket}/${prefixOf(graph)}*`;
    return statements.some((each) => refusesOld(each, uploads))
      ? []
      : [`${name} accepts uploads that were signed more than 15 minutes before`];
  });
};

function refusesOld(statement: Json, uploads: string): boolean {
  const conditions = listAt(statement, "Condition");
  const valuesOf = (test: string, variable: string) =>
    conditions
      .filter((each) => textAt(each, "test") === test && textAt(each, "variable") === variable)
      .flatMap((each) => texts(at(each, "values")));
  const [age] = valuesOf("NumericGreaterThan", "s3:signatureAge");
  return (
    textAt(statement, "Effect") === "Deny" &&
    texts(at(statement, "Action")).join() === "s3:PutObject" &&
    texts(at(statement, "Resource")).join() === uploads &&
    Number(age) <= SIGNED_MS &&
    valuesOf("StringEquals", "s3:authType").toSorted().join() === "POST,REST-QUERY-STRING" &&
    conditions.length === 2
  );
}

/** An API that nobody asked for is one that nobody watches. */
export const uploadsAreWholeOrAbsent: Rule = (graph) => {
  const has = (type: string, name: string) =>
    all(graph, type).some((resource) => resource.name === name);
  const parts: Readonly<Record<string, boolean>> = {
    "an API": has("apigatewayv2/api:Api", "UploadsApi"),
    "a function": has("lambda/function:Function", "UploadFunction"),
    "an output": graph.outputs["apiUrl"] !== undefined,
    ...(!graph.dev && {
      "an alarm of its errors": has("cloudwatch/metricAlarm:MetricAlarm", "UploadErrors"),
    }),
  };
  const isWanted = at(graph.settings, "uploads.authorizer") !== undefined;
  return Object.entries(parts)
    .filter(([, isThere]) => isThere !== isWanted)
    .map(([what]) => `${what} is ${isWanted ? "missing" : "there, and not wanted"}`);
};
