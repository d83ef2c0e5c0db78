import { all, at, differences, jsonAt, listAt, numberAt, textAt, texts } from "../read.ts";
import type { Graph, Json, Resource } from "../resource.ts";
import type { Rule } from "./rule.ts";
import { workerEnvironment } from "./worker.ts";

const CLOUDFRONT = "cloudfront.amazonaws.com";
/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const EDGE_BYTES = 10_240;

function distributions(graph: Graph): Resource[] {
  return all(graph, "cloudfront/distribution:Distribution");
}

/** 403 is a wrong policy and 5xx is S3: as a failover they would make every request a render. */
export const onlyAMissingKeyFailsOver: Rule = (graph) =>
  distributions(graph).flatMap(({ name, inputs }) =>
    listAt(inputs, "originGroups")
      .map((group) => JSON.stringify(at(group, "failoverCriteria.statusCodes")))
      .filter((codes) => codes !== "[404]")
      .map((codes) => `${name} fails over on ${codes}, not only on 404`),
  );

/** Without a source, any distribution of any account could read, and list. */
export const onlyOneDistributionReads: Rule = (graph) =>
  all(graph, "s3/bucketPolicy:BucketPolicy").flatMap(({ name, inputs }) =>
    listAt(jsonAt(inputs, "policy"), "Statement")
      .filter((each) => JSON.stringify(at(each, "Principal") ?? null).includes(CLOUDFRONT))
      .filter((each) => !namesADistribution(each))
      .map(() => `${name} is readable by any distribution`),
  );

function namesADistribution(statement: Json): boolean {
  const conditions = JSON.stringify(at(statement, "Condition") ?? null);
  return (
    /aws:SourceArn/.test(conditions) &&
    /arn:aws:cloudfront:[^*"]*distribution\/[^*"]+"/.test(conditions)
  );
}

/** A missing key must be a 404: without s3:ListBucket it is a 403, and nothing is made on request. */
export const theDistributionSeesMissingKeys: Rule = (graph) =>
  all(graph, "s3/bucketPolicy:BucketPolicy").flatMap(({ name, inputs }) => {
    const actions = listAt(jsonAt(inputs, "policy"), "Statement")
      .filter((each) => JSON.stringify(at(each, "Principal") ?? null).includes(CLOUDFRONT))
      .flatMap((each) => texts(at(each, "Action")));
    return actions.length === 0 || actions.includes("s3:ListBucket")
      ? []
      : [`${name} does not let CloudFront tell a missing key from a forbidden one`];
  });

export const functionUrlsAreForOneDistribution: Rule = (graph) => [
  ...all(graph, "lambda/functionUrl:FunctionUrl").flatMap(({ name, inputs }) => [
    ...(inputs["authorizationType"] === "AWS_IAM" ? [] : [`${name} is public`]),
    ...(inputs["invokeMode"] === "RESPONSE_STREAM" ? [] : [`${name} answers at most 6 MB`]),
    ...["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
      .filter(
        (action) => !permissions(graph).some(({ inputs: given }) => given["action"] === action),
      )
      .map((action) => `${name} has no permission ${action}`),
  ]),
  ...all(graph, "lambda/permission:Permission")
    .filter(({ inputs }) => !isOfOneCaller(graph, inputs))
    .map(({ name }) => `${name} is for more than one distribution, or for more than the API`),
];

/** By CloudFront for one distribution; by API Gateway for the fleet's API and the function behind it. */
function isOfOneCaller(graph: Graph, inputs: Resource["inputs"]): boolean {
  const [principal, source] = [textAt(inputs, "principal"), textAt(inputs, "sourceArn")];
  if (principal === CLOUDFRONT) return /:distribution\/[^*]+$/.test(source);
  const upload = all(graph, "lambda/function:Function").find(
    ({ name }) => name === "UploadFunction",
  );
  return (
    principal === "apigateway.amazonaws.com" &&
    source.endsWith(":UploadsApi-id/*/*") &&
    inputs["function"] === upload?.inputs["name"]
  );
}

function permissions(graph: Graph): Resource[] {
  return all(graph, "lambda/permission:Permission").filter(
    ({ inputs }) => inputs["principal"] === CLOUDFRONT,
  );
}

/** The id is the end of the ARN: another one would leave viewers with the old pictures. */
export const theFunctionInvalidatesItsDistribution: Rule = (graph) =>
  all(graph, "lambda/function:Function")
    .filter(({ name }) => name === "InvalidateFunction")
    .flatMap(({ name, inputs }) => {
      const id = textAt(inputs, "environment.variables.IMAGEFLEET_DISTRIBUTION_ID");
      const callers = new Set(permissions(graph).map((each) => textAt(each.inputs, "sourceArn")));
      return [...callers]
        .filter((arn) => id === "" || !arn.endsWith(`:distribution/${id}`))
        .map((arn) => `${name} is for ${id}, not for ${arn}`);
    });

/** Where one part is missing, CloudFront forgets nothing, or nobody is notified of it. */
export const invalidationIsWholeOrAbsent: Rule = (graph) => {
  const queueOf = (name: string, folder: string) =>
    textAt(
      all(graph, folder).find((each) => each.name === name)?.inputs,
      "environment.variables.IMAGEFLEET_INVALIDATIONS_QUEUE_URL",
    );
  const has = (type: string, name: string) =>
    all(graph, type).some((resource) => resource.name === name);
  const parts: Readonly<Record<string, boolean>> = {
    "a queue": has("sqs/queue:Queue", "InvalidationsQueue"),
    "a function": has("lambda/function:Function", "InvalidateFunction"),
    "a mapping": has("lambda/eventSourceMapping:EventSourceMapping", "InvalidateMapping"),
    "a sender in the small lane": queueOf("ConsumeFunction", "lambda/function:Function") !== "",
    ...(!graph.dev && {
      "a sender in the large lane":
        workerEnvironment(graph)["IMAGEFLEET_INVALIDATIONS_QUEUE_URL"] !== undefined,
      "an alarm of its age": has("cloudwatch/metricAlarm:MetricAlarm", "InvalidateAge"),
      "an alarm of its dead letters": has(
        "cloudwatch/metricAlarm:MetricAlarm",
        "InvalidateDeadLetters",
      ),
    }),
  };
  const isWanted = at(graph.settings, "delivery.invalidate") === true;
  return Object.entries(parts)
    .filter(([, isThere]) => isThere !== isWanted)
    .map(([what]) => `${what} is ${isWanted ? "missing" : "there, and not wanted"}`);
};

/** CloudFront keeps an error for 10 s by default: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html */
export const errorsEndSoon: Rule = (graph) =>
  distributions(graph).flatMap(({ name, inputs }) => {
    const seconds = new Map(
      listAt(inputs, "customErrorResponses").map((each) => [
        numberAt(each, "errorCode"),
        numberAt(each, "errorCachingMinTtl"),
      ]),
    );
    const most = { 404: 0, 500: 1, 502: 1, 503: 1, 504: 1 };
    return Object.entries(most)
      .filter(([code, limit]) => !((seconds.get(Number(code)) ?? 10) <= limit))
      .map(([code, limit]) => `${name} keeps a ${code} for more than ${limit} s`);
  });

export const aDomainRequiresTls12: Rule = (graph) =>
  distributions(graph).flatMap(({ name, inputs }) => {
    if (listAt(inputs, "aliases").length === 0) return [];
    const policies = all(graph, "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy");
    const hsts = "securityHeadersConfig.strictTransportSecurity.accessControlMaxAgeSec";
    return [
      ...(textAt(inputs, "viewerCertificate.minimumProtocolVersion") === "TLSv1.2_2021"
        ? []
        : [`${name} accepts TLS below 1.2`]),
      ...(policies.every((each) => numberAt(each.inputs, hsts) >= 365 * 24 * 60 * 60)
        ? []
        : [`${name} does not require HTTPS of browsers`]),
    ];
  });

/** Without its function, `GET /` would list the bucket, and the cache would have an entry for each spelling. */
export const bothEdgeFunctionsRun: Rule = (graph) => [
  ...distributions(graph).flatMap(({ name, inputs }) => {
    const behaviors = [
      at(inputs, "defaultCacheBehavior"),
      ...listAt(inputs, "orderedCacheBehaviors"),
    ];
    return behaviors.flatMap((behavior) => {
      const events = listAt(behavior, "functionAssociations").map((each) =>
        textAt(each, "eventType"),
      );
      return ["viewer-request", "viewer-response"]
        .filter((event) => !events.includes(event))
        .map((event) => `${name} has no function for the ${event}`);
    });
  }),
  ...all(graph, "cloudfront/function:Function").flatMap(({ name, inputs }) => [
    ...(inputs["publish"] === true ? [] : [`${name} is not published`]),
    ...(Buffer.byteLength(textAt(inputs, "code")) <= EDGE_BYTES ? [] : [`${name} is too large`]),
  ]),
];

/** Without the store's keys the function refuses every signed address; a short key can be guessed. */
export const signedSizesHaveTheirKeys: Rule = (graph) => {
  const reading = all(graph, "cloudfront/function:Function").filter(({ inputs }) =>
    textAt(inputs, "code").includes('import cf from "cloudfront"'),
  );
  const stores = all(graph, "cloudfront/keyValueStore:KeyValueStore").map(({ inputs }) =>
    textAt(inputs, "name"),
  );
  const keys = all(graph, "cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive");
  return [
    ...reading.flatMap(({ name, inputs }) => {
      const [store, ...others] = texts(at(inputs, "keyValueStoreAssociations"));
      if (store === undefined) return [`${name} has no key value store`];
      const accepted = keys
        .filter((each) => textAt(each.inputs, "keyValueStoreArn") === store)
        .flatMap((each) => listAt(each.inputs, "resourceKeyValuePairs"));
      const isStrong = (pair: Json) =>
        /^key\.[a-z0-9]+$/.test(textAt(pair, "key")) && textAt(pair, "value").length >= 32;
      return [
        ...(others.length > 0 ? [`${name} has more stores than CloudFront permits`] : []),
        ...(accepted.length > 0 && accepted.every(isStrong) ? [] : [`${name} has no strong key`]),
      ];
    }),
    ...(stores.length > reading.length ? [`nothing reads ${stores.join()}`] : []),
  ];
};

/** No function sees an error: only a policy can say there that `Accept` counts. */
export const negotiatedAnswersVary: Rule = (graph) => {
  const policies = all(graph, "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy");
  const varyOf = (behavior: Json | undefined) => {
    const id = textAt(behavior, "responseHeadersPolicyId");
    const policy = policies.find(({ name }) => `${name}-id` === id);
    return listAt(policy?.inputs, "customHeadersConfig.items")
      .filter((item) => textAt(item, "header") === "Vary" && at(item, "override") === true)
      .map((item) => textAt(item, "value"));
  };
  return distributions(graph).flatMap(({ name, inputs }) => {
    const negotiated = listAt(inputs, "orderedCacheBehaviors").filter((each) =>
      textAt(each, "pathPattern").endsWith(".auto"),
    );
    return [
      ...(negotiated.length > 0 ? [] : [`${name} has no behavior for negotiated addresses`]),
      ...negotiated
        .filter((each) => String(varyOf(each)) !== "Accept")
        .map((each) => `${name} gives ${textAt(each, "pathPattern")} no Vary: Accept`),
      ...(varyOf(at(inputs, "defaultCacheBehavior")).length === 0
        ? []
        : [`${name} gives Vary to addresses that are not negotiated`]),
    ];
  });
};

/** The key of the cache is the rendition and its version. */
export const theCacheKeyIsTheRendition: Rule = (graph) =>
  all(graph, "cloudfront/cachePolicy:CachePolicy").flatMap(({ name, inputs }) => {
    const key = at(inputs, "parametersInCacheKeyAndForwardedToOrigin");
    const isPlain =
      textAt(key, "cookiesConfig.cookieBehavior") === "none" &&
      textAt(key, "headersConfig.headerBehavior") === "none" &&
      JSON.stringify(at(key, "queryStringsConfig.queryStrings.items")) === '["v"]';
    return isPlain ? [] : [`${name} has more in the cache key than the rendition's version`];
  });

export const originsAreSigned: Rule = (graph) => [
  ...all(graph, "cloudfront/originAccessControl:OriginAccessControl")
    .filter(({ inputs }) => inputs["signingBehavior"] !== "always")
    .map(({ name }) => `${name} does not sign every request`),
  ...distributions(graph).flatMap(({ name, inputs }) =>
    listAt(inputs, "origins")
      .filter((origin) => textAt(origin, "originAccessControlId") === "")
      .map((origin) => `${name} does not sign its requests to ${textAt(origin, "originId")}`),
  ),
];

/** The function answers 503 itself, before CloudFront answers 504. */
export const cloudFrontWaitsForTheFunction: Rule = (graph) =>
  distributions(graph).flatMap(({ name, inputs }) => {
    const deliver = all(graph, "lambda/function:Function").find(
      (each) => each.name === "DeliverFunction",
    );
    const waits = listAt(inputs, "origins").map((origin) =>
      numberAt(origin, "customOriginConfig.originReadTimeout"),
    );
    return Math.max(...waits.filter((each) => !Number.isNaN(each))) >
      numberAt(deliver?.inputs, "timeout")
      ? []
      : [`${name} does not wait for the function`];
  });

/**
 * CloudFront takes certificates and web ACLs from us-east-1 and has its metrics there; an alarm notifies
 * only topics of its own region.
 */
export const cloudFrontsPartsAreInUsEast1: Rule = (graph) => {
  const isOfCloudFront = ({ type, inputs }: Resource) =>
    /^aws:(acm|wafv2)\/|logDelivery/.test(type) ||
    (type === "aws:cloudwatch/metricAlarm:MetricAlarm" &&
      JSON.stringify(inputs["metricQueries"]).includes("AWS/CloudFront"));
  const topics = new Map(
    all(graph, "sns/topic:Topic").map(({ inputs, region }) => [textAt(inputs, "name"), region]),
  );
  return [
    ...graph.resources
      .filter((each) => isOfCloudFront(each) && each.region !== "us-east-1")
      .map(({ name, region }) => `${name} is in ${region}, not in us-east-1`),
    ...all(graph, "cloudwatch/metricAlarm:MetricAlarm").flatMap(({ name, inputs, region }) =>
      texts(at(inputs, "alarmActions"))
        .map((arn) => topics.get(arn.split(":").at(-1) ?? ""))
        .filter((at) => at !== undefined && at !== region)
        .map((at) => `${name} of ${region} notifies a topic of ${at}`),
    ),
  ];
};

/** Another region, and otherwise the app's own configuration: accounts, profile, tags. */
export const otherRegionsHaveTheAppsConfiguration: Rule = ({ app, resources }) => {
  const { region: _region, ...configured } = { ...Object(at(app, "providers.aws")) };
  const tags = { "sst:app": String(app["name"]), "sst:stage": String(app["stage"]) };
  const expected: Json = JSON.parse(JSON.stringify(configured));
  return resources
    .filter(({ type, name }) => type === "pulumi:providers:aws" && name === "EdgeRegion")
    .flatMap(({ name, inputs }) => {
      const given = Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [key, opened(value)]),
      );
      return [
        ...differences(expected, given),
        ...differences({ defaultTags: { tags } }, given),
        ...(given["region"] === "us-east-1" ? [] : ["it is not for us-east-1"]),
      ].map((fault) => `${name}: ${fault}`);
    });
};

/** Pulumi has a provider's lists and objects as JSON. */
function opened(value: Json): Json {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  const json: Json = JSON.parse(value);
  return json;
}
