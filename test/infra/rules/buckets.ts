import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "../read.ts";
import type { Graph, Resource } from "../resource.ts";
import { deniesPlainHttp } from "./queues.ts";
import type { Rule } from "./rule.ts";

function buckets(graph: Graph): Resource[] {
  return all(graph, "s3/bucket:Bucket");
}

function of(graph: Graph, type: string, bucket: Resource): Resource | undefined {
  return all(graph, type).find(({ inputs }) => inputs["bucket"] === bucket.inputs["bucket"]);
}

export const nothingIsPublic: Rule = (graph) =>
  buckets(graph).flatMap((bucket) => {
    const block = of(graph, "s3/bucketPublicAccessBlock:BucketPublicAccessBlock", bucket);
    return ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]
      .filter((field) => block?.inputs[field] !== true)
      .map((field) => `${bucket.name} has no ${field}`);
  });

export const bucketsRequireTls: Rule = (graph) =>
  buckets(graph).flatMap((bucket) => {
    const policy = of(graph, "s3/bucketPolicy:BucketPolicy", bucket);
    const deny = listAt(jsonAt(policy?.inputs, "policy"), "Statement").find(deniesPlainHttp);
    const arn = `arn:aws:s3:::${textAt(bucket.inputs, "bucket")}`;
    const covered = texts(at(deny, "Resource"));
    return [arn, `${arn}/*`]
      .filter((each) => !covered.includes(each))
      .map((each) => `${each} may be used without TLS`);
  });

export const bucketsAreEncrypted: Rule = (graph) =>
  buckets(graph).flatMap((bucket) => {
    const type =
      "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    const by = "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm";
    const algorithm = textAt(of(graph, type, bucket)?.inputs, by);
    const keyed = graph.outputs["keyArn"] !== undefined;
    const expected = keyed ? "aws:kms" : "AES256";
    return algorithm === expected
      ? []
      : [`${bucket.name} is encrypted by "${algorithm}", not ${expected}`];
  });

/** The pages of an upload that never ended are paid for, and seen by nobody. */
export const abandonedUploadsExpire: Rule = (graph) =>
  buckets(graph).flatMap((bucket) => {
    const type = "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    const rules = listAt(of(graph, type, bucket)?.inputs, "rules");
    const field = "abortIncompleteMultipartUpload.daysAfterInitiation";
    return rules.some((rule) => numberAt(rule, field) === 7)
      ? []
      : [`${bucket.name} keeps what was never uploaded to its end`];
  });

/** What belongs to the fleet's programs, and ends with them. */
const OF_THE_FLEET = ["aws:s3/bucketNotification:BucketNotification"];

/**
 * A bucket that stays without its parts is open or unprotected: the provider's delete of a bucket's
 * versioning suspends it, and that of its public access block takes the block away.
 * https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketversioning/
 */
export const retainedBucketsKeepTheirParts: Rule = (graph) => {
  if (graph.app["removal"] === "remove") return [];
  return buckets(graph).flatMap((bucket) =>
    graph.resources
      .filter(({ type, inputs }) => {
        const isPart = type.startsWith("aws:s3/bucket") && !OF_THE_FLEET.includes(type);
        return isPart && inputs["bucket"] === bucket.inputs["bucket"];
      })
      .filter(({ retainOnDelete }) => !retainOnDelete)
      .map(({ name }) => `${name} goes, and ${bucket.name} stays`),
  );
};

export const productionKeepsItsBuckets: Rule = (graph) =>
  [...buckets(graph), ...all(graph, "kms/key:Key")].flatMap(({ name, inputs, retainOnDelete }) => {
    const keeps = graph.app["removal"] !== "remove";
    return [
      ...(retainOnDelete === keeps ? [] : [`${name} ${keeps ? "goes" : "stays"} with its stage`]),
      ...(inputs["forceDestroy"] === undefined || inputs["forceDestroy"] === !keeps
        ? []
        : [`${name} is ${keeps ? "" : "not "}emptied with its stage`]),
    ];
  });
