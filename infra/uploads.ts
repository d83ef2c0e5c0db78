import { using } from "./access.ts";
import { type AlarmScope, alarm, metric } from "./alarm.ts";
import { BY_USER, type Catalog } from "./catalog.ts";
import { type Fleet, physicalOfAccount, transformed } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import { makeFunction } from "./function.ts";
import { ALARMS, LOG_RETENTION, UPLOADS } from "./numbers.ts";
import type { UploadSettings } from "./settings-schema.ts";
import { type Storage, uploadPrefix } from "./storage.ts";

/** The API with which users upload, and the function behind all of its routes. */
export interface Uploads {
  readonly api: sst.aws.ApiGatewayV2;
  readonly fn: sst.aws.Function;
}

const ROUTES = [
  "POST /uploads",
  "GET /uploads/{id}",
  "POST /uploads/{id}/parts",
  "POST /uploads/{id}/complete",
  "DELETE /uploads/{id}",
  "GET /images",
  "DELETE /images/{id}",
] as const;

/** A line of the API's log. It names no address of an image: those of private ones are secrets. */
const LOG_LINE = JSON.stringify({
  at: "$context.requestTime",
  id: "$context.requestId",
  ip: "$context.identity.sourceIp",
  route: "$context.routeKey",
  status: "$context.status",
  ms: "$context.responseLatency",
  authorizer: "$context.authorizer.error",
  error: "$context.integrationErrorMessage",
});

/**
 * The HTTP API and its function, which signs uploads and reads the table. No byte of an image passes
 * through it.
 *
 * @param key of KMS that the table is encrypted with
 * @throws Error where an upload could be larger than the recipe allows
 */
export function makeUploads(
  fleet: Fleet,
  settings: UploadSettings,
  source: Storage,
  { table }: Catalog,
  key: $util.Input<string> | undefined,
  delivery: Delivery | undefined,
): Uploads {
  const { recipe } = fleet;
  const uploads = $interpolate`${source.arn}/${uploadPrefix(recipe, settings)}*`;
  const { key: template, types, perHour, bytesPerDay } = settings;
  const limits = {
    key: template,
    maxBytes: maxBytesOf(fleet, settings),
    types,
    perHour,
    bytesPerDay,
  };
  const fn = makeFunction(fleet, "Upload", {
    description: "Imagefleet: signs uploads, and tells users of their images",
    folder: "uploads",
    memoryMb: UPLOADS.memoryMb,
    timeoutSeconds: UPLOADS.timeoutSeconds,
    environment: {
      IMAGEFLEET_SOURCE_BUCKET: source.name,
      IMAGEFLEET_TABLE: table.name,
      IMAGEFLEET_UPLOADS: JSON.stringify(limits),
      ...(delivery?.url && { IMAGEFLEET_IMAGES_URL: delivery.url }),
    },
    permissions: [
      {
        actions: [
          "s3:PutObject",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts",
          "s3:DeleteObject",
        ],
        resources: [uploads],
      },
      {
        actions: [
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
        ],
        resources: [table.arn],
      },
      { actions: ["dynamodb:Query"], resources: [$interpolate`${table.arn}/index/${BY_USER}`] },
      // S3 decrypts the parts of an upload when it puts them together.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
      ...using(source.key, "kms:GenerateDataKey", "kms:Decrypt"),
      // DynamoDB uses the key in the name of its caller.
      ...(key === source.key ? [] : using(key, "kms:Decrypt")),
    ],
  });
  return { api: makeApi(fleet, settings, fn), fn };
}

function maxBytesOf({ name, recipe }: Fleet, { maxBytes }: UploadSettings): number {
  const most = recipe.limits.bytes;
  if (maxBytes === undefined) return Math.min(UPLOADS.maxBytes, most);
  if (maxBytes <= most) return maxBytes;
  throw new Error(
    `Imagefleet "${name}": uploads.maxBytes is ${maxBytes}: it must be at most limits.bytes of the recipe, which is ${most}; larger sources are rejected`,
  );
}

function makeApi(fleet: Fleet, settings: UploadSettings, fn: sst.aws.Function) {
  const { name, retained, within } = fleet;
  const { uploadOrigins } = fleet.settings;
  const { requestsPerSecond } = settings;
  const api = new sst.aws.ApiGatewayV2(
    ...transformed<sst.aws.ApiGatewayV2Args>(
      fleet.transform.api,
      `${name}Uploads`,
      {
        // API Gateway answers the preflights itself, without an authorizer.
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
        cors: uploadOrigins.length > 0 && {
          allowOrigins: uploadOrigins,
          allowMethods: ["GET", "POST", "DELETE"],
          allowHeaders: ["authorization", "content-type", "idempotency-key"],
          exposeHeaders: ["retry-after"],
          maxAge: "1 hour",
        },
        accessLog: { retention: retained ? LOG_RETENTION.production : LOG_RETENTION.other },
        transform: {
          stage: (stage) => {
            stage.accessLogSettings = { ...Object(stage.accessLogSettings), format: LOG_LINE };
            // HTTP APIs throttle no single user: the table's counters do.
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
            stage.defaultRouteSettings = {
              throttlingRateLimit: requestsPerSecond,
              throttlingBurstLimit: requestsPerSecond * UPLOADS.burst,
            };
          },
        },
      },
      within,
    ),
  );
  // Not by `api.route`: that makes an integration and a permission for each route, outside of the fleet,
  // which the fleet's provider and roles would not reach.
  const { id: apiId, executionArn } = api.nodes.api;
  const permission = new aws.lambda.Permission(
    `${name}UploadsPermission`,
    {
      action: "lambda:InvokeFunction",
      function: fn.name,
      principal: "apigateway.amazonaws.com",
      sourceArn: $interpolate`${executionArn}/*/*`,
    },
    within,
  );
  const integration = new aws.apigatewayv2.Integration(
    `${name}UploadsIntegration`,
    {
      apiId,
      integrationType: "AWS_PROXY",
      integrationUri: fn.arn,
      payloadFormatVersion: "2.0",
    },
    { ...within, dependsOn: permission },
  );
  const authorizer = makeAuthorizer(fleet, settings, apiId);
  for (const routeKey of ROUTES) {
    new aws.apigatewayv2.Route(
      `${name}Uploads${routeName(routeKey)}`,
      {
        apiId,
        routeKey,
        target: $interpolate`integrations/${integration.id}`,
        authorizationType: "jwt" in settings.authorizer ? "JWT" : "CUSTOM",
        authorizerId: authorizer.id,
      },
      within,
    );
  }
  return api;
}

/** `POST /uploads/{id}/parts` → `PostUploadsIdParts` */
function routeName(routeKey: string): string {
  const words = routeKey.toLowerCase().match(/[a-z]+/g) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function makeAuthorizer(
  fleet: Fleet,
  { authorizer }: UploadSettings,
  apiId: $util.Output<string>,
): aws.apigatewayv2.Authorizer {
  const { name, partition, region, within } = fleet;
  const common = { apiId, identitySources: ["$request.header.Authorization"] };
  if ("jwt" in authorizer) {
    return new aws.apigatewayv2.Authorizer(
      `${name}UploadsAuthorizer`,
      { ...common, authorizerType: "JWT", jwtConfiguration: authorizer.jwt },
      within,
    );
  }
  return new aws.apigatewayv2.Authorizer(
    `${name}UploadsAuthorizer`,
    {
      ...common,
      authorizerType: "REQUEST",
      authorizerUri: $interpolate`arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${authorizer.lambda}/invocations`,
      authorizerPayloadFormatVersion: "2.0",
      enableSimpleResponses: true,
      authorizerResultTtlInSeconds: UPLOADS.authorizedSeconds,
      authorizerCredentialsArn: makeAuthorizerRole(fleet, authorizer.lambda),
    },
    within,
  );
}

/** With which API Gateway calls the application's function, whose own policy stays as it is. */
function makeAuthorizerRole(fleet: Fleet, functionArn: $util.Input<string>): $util.Output<string> {
  const { name, within } = fleet;
  const role = new aws.iam.Role(
    `${name}UploadsAuthorizerRole`,
    {
      name: physicalOfAccount(fleet, "UploadsAuthorizer"),
      assumeRolePolicy: aws.iam.getPolicyDocumentOutput({
        statements: [
          {
            principals: [{ type: "Service", identifiers: ["apigateway.amazonaws.com"] }],
            actions: ["sts:AssumeRole"],
          },
        ],
      }).json,
    },
    within,
  );
  new aws.iam.RolePolicy(
    `${name}UploadsAuthorizerPolicy`,
    {
      role: role.id,
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [{ actions: ["lambda:InvokeFunction"], resources: [functionArn] }],
      }).json,
    },
    within,
  );
  return role.arn;
}

/**
 * A function that fails, or does not answer in time, is a 5xx of the API.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 */
export function uploadAlarms(scope: AlarmScope, { api }: Uploads): void {
  const { periodSeconds, uploadErrorPercent: threshold, uploadRequests } = ALARMS;
  const ofApi = (id: string, name: string) =>
    metric({
      id,
      namespace: "AWS/ApiGateway",
      name,
      dimensions: { ApiId: api.nodes.api.id },
      stat: "Sum",
      periodSeconds,
    });
  alarm(scope, "UploadErrors", `${threshold} % or more of the uploads' requests fail`, {
    expression: `IF(calls >= ${uploadRequests}, 100 * errors / calls, 0)`,
    of: [ofApi("errors", "5xx"), ofApi("calls", "Count")],
    threshold,
    periods: 2,
  });
}
