import { DISTRIBUTION_ID, REGION } from "@imagefleet/local/resources";
import type { Connection } from "../connection/connect.ts";
import { runningFleet } from "../connection/data-folder.ts";
import { connectionError } from "../connection/errors.ts";
import type { ConnectionOptions } from "../connection/options.ts";
import type { Target } from "../connection/target.ts";
import { UsageError } from "../usage-error.ts";
import { cloudFront, distributionsOf } from "./distribution.ts";

/** What delivers a fleet's renditions. */
export interface Delivery {
  readonly kind: "edge" | "distribution";
  /** The client options of CloudFront's API, which the edge answers itself. */
  readonly clients: Target["clients"];
  readonly id: string;
  readonly url: string;
}

/**
 * Finds what delivers the renditions: the edge of a local fleet, or the distribution that has the
 * rendition bucket as an origin.
 *
 * @param flag the flag that names it, for errors: `--distribution ID`
 * @throws UsageError when nothing does, or several distributions do
 */
export async function deliveryOf(
  connection: Connection,
  options: ConnectionOptions,
  flag: string,
): Promise<Delivery> {
  const { clients, where } = connection;
  if (clients === undefined) {
    const fleet = await runningFleet(options.data);
    if (fleet?.edge !== undefined) {
      const { edge: url, credentials } = fleet;
      const client = { region: REGION, endpoint: url, credentials };
      return { kind: "edge", clients: () => client, id: DISTRIBUTION_ID, url };
    }
    throw new UsageError(
      `no edge runs for ${where}: start the fleet with npm start, or name its data folder with --data DIR`,
    );
  }
  const bucket = await connection.bucket("renditionBucket");
  using client = await cloudFront(clients);
  const found = await distributionsOf(client, bucket).catch((error: unknown) => {
    if (!(error instanceof Error && error.name === "AccessDenied")) {
      throw connectionError(error, where);
    }
    throw new UsageError(
      `the credentials for ${where} lack cloudfront:ListDistributions, which finds the distribution: use ${flag}`,
      { cause: error },
    );
  });
  const [distribution, ...others] = found;
  if (distribution === undefined) {
    throw new UsageError(
      `no distribution in the account of ${where} has the bucket ${bucket} as an origin: deploy the stage with delivery (docs/delivery.md), or name a distribution with ${flag}`,
    );
  }
  if (others.length > 0) {
    const ids = found.map(({ id, url }) => `${id} (${url})`).join(" and ");
    throw new UsageError(`${ids} have the bucket ${bucket} as an origin. Choose one with ${flag}`);
  }
  const { id, url } = distribution;
  return { kind: "distribution", clients, id, url };
}
