import { clientConfig } from "@imagefleet/core/aws";
import { UsageError } from "../../usage-error.ts";
import { connectionError } from "../errors.ts";
import { owned } from "../owned.ts";
import type { Target } from "../target.ts";
import { isOfStage } from "./names.ts";

/** The middle of the table's name, as SST generates it. */
const ENDING = "ImagesTable";

/**
 * The names of the tables of a stage, of all in the account and the region: one for each fleet that has a
 * catalog. It needs the permission `dynamodb:ListTables`.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
 *
 * @param prefix the common prefix of the stage's resource names
 */
export async function tablesOfStage(clients: Target["clients"], prefix: string): Promise<string[]> {
  const { DynamoDBClient, paginateListTables } = await import("@aws-sdk/client-dynamodb");
  using client = owned(new DynamoDBClient(clientConfig(clients("DYNAMODB"))));
  const found: string[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
    found.push(...TableNames.filter((name) => isOfStage(name, prefix, ENDING)));
  }
  return found;
}

/** @throws UsageError when the stage has no table, or several */
export async function tableOfStage(
  clients: Target["clients"],
  prefix: string,
  stage: string,
  where: string,
): Promise<string> {
  const found = await tablesOfStage(clients, prefix).catch((error: unknown) => {
    throw connectionError(error, where);
  });
  const [table, ...others] = found;
  if (table !== undefined && others.length === 0) return table;
  throw new UsageError(
    table === undefined
      ? `--stage ${stage}: no table of it was found at ${where}. Deploy the stage with the catalog, or use --table`
      : `--stage ${stage}: ${found.join(" and ")} both match its table. Choose one with --table`,
  );
}
