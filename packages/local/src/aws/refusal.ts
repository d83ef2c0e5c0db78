import { DynamoError } from "./dynalite.ts";
import { S3Error, SnsError, SqsError } from "./fauxqs.ts";
import type { Service } from "./service.ts";

const signatureText =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.";
const keyText = "The security token included in the request is invalid.";
const malformedText =
  "The signature cannot be read: it needs AWS4-HMAC-SHA256 with Credential, SignedHeaders, Signature and a date";

type Words = readonly [code: string, status: number, message: string, queryCode?: string];

/** Why a signature is rejected, with the errors of S3 and of SQS's JSON protocol. */
const words = {
  missing: {
    s3: ["AccessDenied", 403, "Access Denied: the request is not signed"],
    sqs: ["MissingAuthenticationToken", 403, "Request is missing Authentication Token"],
  },
  malformed: {
    s3: ["AuthorizationHeaderMalformed", 400, malformedText],
    sqs: ["IncompleteSignature", 400, malformedText],
  },
  unknownKey: {
    s3: [
      "InvalidAccessKeyId",
      403,
      "The AWS Access Key Id you provided does not exist in our records.",
    ],
    sqs: ["UnrecognizedClientException", 403, keyText, "InvalidClientTokenId"],
  },
  token: {
    s3: [
      "InvalidToken",
      400,
      "The provided token is malformed or otherwise invalid: the local servers issue no session tokens.",
    ],
    sqs: ["UnrecognizedClientException", 403, keyText, "InvalidClientTokenId"],
  },
  skewed: {
    s3: [
      "RequestTimeTooSkewed",
      403,
      "The difference between the request time and the current time is too large.",
    ],
    sqs: [
      "InvalidSignatureException",
      403,
      "Signature expired: it is more than 15 minutes from the server's time",
      "SignatureDoesNotMatch",
    ],
  },
  expired: {
    s3: ["AccessDenied", 403, "Request has expired"],
    sqs: [
      "InvalidSignatureException",
      403,
      "Signature expired: the request's own time is over",
      "SignatureDoesNotMatch",
    ],
  },
  unsignedHeaders: {
    s3: ["AccessDenied", 403, "There were headers present in the request which were not signed"],
    sqs: [
      "InvalidSignatureException",
      403,
      "'Host' and every x-amz header must be among the signed headers.",
      "SignatureDoesNotMatch",
    ],
  },
  noBodyHash: {
    s3: ["InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256"],
    sqs: ["IncompleteSignature", 400, malformedText],
  },
  bodyHash: {
    s3: [
      "InvalidArgument",
      400,
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    ],
    sqs: ["InvalidSignatureException", 403, signatureText, "SignatureDoesNotMatch"],
  },
  body: {
    s3: [
      "XAmzContentSHA256Mismatch",
      400,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ],
    sqs: ["InvalidSignatureException", 403, signatureText, "SignatureDoesNotMatch"],
  },
  mismatch: {
    s3: ["SignatureDoesNotMatch", 403, signatureText],
    sqs: ["InvalidSignatureException", 403, signatureText, "SignatureDoesNotMatch"],
  },
} as const satisfies Record<string, { s3: Words; sqs: Words }>;

/** The error of the service that received the request. */
export function refusal(why: keyof typeof words, service: Service): Error {
  const [code, status, message, queryCode]: Words = words[why][service === "s3" ? "s3" : "sqs"];
  switch (service) {
    case "s3":
      return new S3Error(code, message, status);
    case "sqs":
      return new SqsError(code, message, status, true, queryCode);
    case "query":
      return new SnsError(queryCode ?? code, message, status);
    case "dynamodb": {
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
      const name = code.replace(/(?:Exception)?$/, "Exception");
      return new DynamoError(400, { __type: `com.amazon.coral.service#${name}`, message });
    }
  }
}
