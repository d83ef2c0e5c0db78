import { GetBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import { clientConfig } from "@imagefleet/core/aws";
import { manifestPattern } from "@imagefleet/core/plan";
import { askFor, type Check, ok, problem, unknown } from "../../check/check.ts";
import { API_URL_VARIABLE, type NamedApi } from "../../connection/api.ts";
import { owned } from "../../connection/owned.ts";
import { isOfStage } from "../../connection/stage/names.ts";
import { tablesOfStage } from "../../connection/stage/table.ts";
import { present } from "../../present.ts";
import { get, noAnswer } from "./delivery.ts";
import { DEPLOY_AGAIN, type Fleet, type Stage } from "./fleet.ts";

/** The middle of the name of the catalog's queue. */
const QUEUE_ENDING = "CatalogQueue";
/** The attribute by which items expire. */
const TTL_ATTRIBUTE = "expiresAt";

/**
 * Checks the parts of the catalog and of the uploads: the notification of the rendition bucket, the table
 * and the API. A stage without a catalog has no check.
 *
 * @param api the address of the API; undefined if unknown
 */
export async function catalogChecks(
  fleet: Fleet,
  api: NamedApi | undefined,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { stage } = fleet;
  if (stage === undefined || !stage.settings.catalog) return [];
  return [
    ...(await manifestChecks(fleet, stage)),
    ...(await tableChecks(stage)),
    ...(stage.settings.uploads === "none" ? [] : [await apiCheck(api, signal)]),
  ];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html */
function manifestChecks(
  { connection, recipe, renditionBucket: Bucket }: Fleet,
  { prefix }: Stage,
): Promise<readonly Check[]> {
  const name = "notification of the rendition bucket";
  return askFor(name, "s3:GetBucketNotification", async () => {
    const { QueueConfigurations: all = [] } = await connection.s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    const { before: manifests } = manifestPattern(recipe);
    const isRight = all.some(({ QueueArn = "", Events = [], Filter }) => {
      const rules = Filter?.Key?.FilterRules ?? [];
      const by = (rule: string) =>
        rules.find(({ Name }) => Name?.toLowerCase() === rule)?.Value ?? "";
      return (
        isOfStage(QueueArn.slice(QueueArn.lastIndexOf(":") + 1), prefix, QUEUE_ENDING) &&
        Events.some((event) => event === "s3:ObjectCreated:*") &&
        manifests.startsWith(by("prefix")) &&
        by("suffix") === ""
      );
    });
    if (isRight) return [ok(name, "The bucket notifies the catalog of manifests.")];
    return [
      problem(
        name,
        `The bucket ${Bucket} does not notify the catalog's queue of s3:ObjectCreated:* events under ${manifests}: the table is not kept, and applications are not notified.`,
        "Deploy the stage again; if the bucket's notifications are set by hand, add the queue (docs/deploy.md). Then run catalog rebuild.",
      ),
    ];
  });
}

/**
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html
 */
function tableChecks({ clients, prefix }: Stage): Promise<readonly Check[]> {
  const name = "table of the catalog";
  const permissions =
    "dynamodb:ListTables, dynamodb:DescribeTable, dynamodb:DescribeContinuousBackups and dynamodb:DescribeTimeToLive";
  return askFor(name, permissions, async () => {
    const [TableName] = await tablesOfStage(clients, prefix);
    if (TableName === undefined) {
      const fix = "Deploy the stage again, then run catalog rebuild.";
      return [problem(name, "The table does not exist: uploads are refused with 503.", fix)];
    }
    const dynamodb = await import("@aws-sdk/client-dynamodb");
    using client = owned(new dynamodb.DynamoDBClient(clientConfig(clients("DYNAMODB"))));
    const input = { TableName };
    const { Table } = await client.send(new dynamodb.DescribeTableCommand(input));
    const { ContinuousBackupsDescription: backups } = await client.send(
      new dynamodb.DescribeContinuousBackupsCommand(input),
    );
    const { TimeToLiveDescription: ttl } = await client.send(
      new dynamodb.DescribeTimeToLiveCommand(input),
    );
    const recovery = backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
    const expires =
      ttl?.AttributeName === TTL_ATTRIBUTE && /^ENABL/.test(ttl.TimeToLiveStatus ?? "");
    const wrong = (message: string) => problem(name, message, DEPLOY_AGAIN);
    const problems = present(
      // UPDATING is transient: the table is available.
      !/^(ACTIVE|UPDATING)$/.test(Table?.TableStatus ?? "") &&
        wrong(`${TableName} is not available: its status is ${Table?.TableStatus}.`),
      recovery !== "ENABLED" && wrong(`${TableName} has no point-in-time recovery.`),
      !expires &&
        wrong(
          `${TableName} does not expire items by ${TTL_ATTRIBUTE}: uploads that never came stay.`,
        ),
    );
    if (problems.length > 0) return problems;
    return [ok(name, `${TableName} has point-in-time recovery, and expires items.`)];
  });
}

/** The authorizer of an HTTP API answers 401 to a request that lacks what it reads. */
async function apiCheck(api: NamedApi | undefined, signal: AbortSignal): Promise<Check> {
  const name = "API of uploads, without a token";
  if (api === undefined) {
    const fix = `Run doctor under sst shell, or set the variable ${API_URL_VARIABLE} to the output apiUrl.`;
    return unknown(name, "Not tested: doctor was not given the address of the API.", fix);
  }
  const answer = await get(`${api.url}/images`, signal);
  if (typeof answer === "string") return noAnswer(name, api.url, answer);
  if (answer.status === 401) return ok(name, "401.");
  const message = `The API answers ${answer.status} to a request without a token, not 401.`;
  const fix = `Check the address of ${api.by}. ${DEPLOY_AGAIN}`;
  return problem(name, message, fix);
}
