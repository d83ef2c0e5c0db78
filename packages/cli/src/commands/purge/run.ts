import { invalidate } from "@imagefleet/core/invalidation";
import { PRICES } from "@imagefleet/core/prices";
import { type Connection, connect } from "../../connection/connect.ts";
import { connectionError } from "../../connection/errors.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { deliveryOf } from "../../delivery/delivery.ts";
import { cloudFront } from "../../delivery/distribution.ts";
import { EXIT } from "../../exit-code.ts";
import { readRecipe } from "../../recipe/read.ts";
import { formatMs, many, thousands, usd } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { outputWarnings, pathsOf } from "./paths.ts";

export interface PurgeOptions {
  readonly connection: ConnectionOptions;
  readonly recipe: string;
  /** Keys of sources, and prefixes that end with `/` or `*`. */
  readonly named: readonly string[];
  /** The id of the distribution. Default: the one that has the rendition bucket as an origin. */
  readonly distribution?: string | undefined;
  readonly wait?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What was invalidated where. */
interface Purged {
  /** `the distribution E1ABC`, or the address of an edge. */
  readonly where: string;
  readonly distribution: string | null;
  readonly paths: readonly string[];
  readonly invalidations: readonly string[];
  /** False: it is on its way to the edges. */
  readonly isComplete: boolean;
  readonly seconds: number;
}

/** `imagefleet purge`: makes the edges forget the renditions of sources. */
export async function purge(options: PurgeOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  const paths = pathsOf(recipe, options.named);
  for (const warning of outputWarnings(recipe, options.named)) screen.warn(warning);
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const place = await placeOf(connection, options);
  const began = performance.now();
  const invalidations: string[] = [];
  const isDryRun = options.dryRun === true;
  const address = place.url === undefined ? "" : ` (${place.url})`;
  const isEdge = place.kind === "edge";
  const where = isEdge ? `the edge ${place.url}` : `the distribution ${place.id}${address}`;
  if (!isDryRun) {
    using client = await cloudFront(place.clients);
    using _progress = showRepeatedly(screen, () => [
      `${invalidations.length === 0 ? "creating the invalidation" : `invalidation ${invalidations.at(-1)} is in progress`}: ${formatMs(performance.now() - began)}`,
    ]);
    try {
      await invalidate({
        client,
        distributionId: place.id,
        paths,
        wait: options.wait ?? false,
        signal: interrupt.signal,
        onCreated: (id) => invalidations.push(id),
      });
    } catch (error) {
      if (!interrupt.signal.aborted) {
        throw purgeError(error, place.id, isEdge ? where : connection.where);
      }
    }
  }
  const isInterrupted = interrupt.signal.aborted;
  const result: Purged = {
    where,
    distribution: isEdge ? null : place.id,
    paths,
    invalidations,
    isComplete: !isDryRun && !isInterrupted && (isEdge || options.wait === true),
    seconds: Math.round(performance.now() - began) / 1000,
  };
  if (options.json) screen.json(resultJson(result, isDryRun));
  else report(result, isDryRun, isInterrupted, screen);
  return isInterrupted ? EXIT.interrupted : EXIT.done;
}

/** @throws UsageError when the fleet has no edge or distribution, or several distributions */
async function placeOf(connection: Connection, options: PurgeOptions) {
  const { distribution: id } = options;
  const { clients, where } = connection;
  if (id === undefined) return deliveryOf(connection, options.connection, "--distribution ID");
  if (clients !== undefined) return { kind: "distribution", clients, id, url: undefined } as const;
  throw new UsageError(
    `--distribution is ${id}, but ${where} has none: leave it out, or choose a fleet on AWS with --region or --profile`,
  );
}

function purgeError(error: unknown, id: string, where: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === "NoSuchDistribution") {
    return new UsageError(
      `--distribution: there is no distribution ${id} in the account of ${where}. Leave it out to find the one that has the rendition bucket as an origin`,
      { cause: error },
    );
  }
  if (error.name === "AccessDenied") {
    return new Error(
      `the credentials may not invalidate in ${id}: allow cloudfront:CreateInvalidation and cloudfront:GetInvalidation, as the policy operatorPolicy of the outputs does (${error.message})`,
      { cause: error },
    );
  }
  if (error.name === "TimeoutError") {
    return new Error(
      `an invalidation of ${id} has not completed after 15 minutes. It continues; the CloudFront console shows its state`,
      { cause: error },
    );
  }
  return connectionError(error, where);
}

/** The price of the paths, USD, if the free ones of the month are used up. */
function priceOf({ distribution, paths }: Purged): number {
  return distribution === null ? 0 : paths.length * PRICES.cloudFront.invalidationPath;
}

function report(result: Purged, isDryRun: boolean, isInterrupted: boolean, screen: Screen): void {
  const { where, paths, invalidations, isComplete, seconds, distribution } = result;
  const { free } = PRICES.cloudFront;
  const count = many(paths.length, "path");
  const ids = invalidations.join(", ");
  const end = isDryRun
    ? `${count} would be invalidated in ${where}:`
    : isComplete
      ? `${count} invalidated in ${where} in ${formatMs(seconds * 1000)}:`
      : isInterrupted
        ? `Interrupted: ${ids === "" ? "no invalidation was created" : `${ids} continues, and cannot be canceled`}. Paths of ${where}:`
        : `Invalidation ${ids} is created. It reaches all edges of ${where} within some minutes; --wait waits for it. ${count}:`;
  const price = `Cost: nothing within the first ${thousands(free.invalidationPaths)} paths of a month, else ${usd(priceOf(result))}.`;
  const browsers =
    "Browsers are not reached: they keep an address with ?v= for a year, and one without for as long as output.cacheControl of the recipe says.";
  screen.report(screen.paint("bold", end));
  screen.verbatim(...paths.map((path) => `  ${path}`), "");
  screen.report(...(distribution === null ? [] : [price]), screen.paint("dim", browsers));
}

function resultJson(result: Purged, dryRun: boolean): unknown {
  const { isComplete, ...rest } = result;
  return { version: 1, dryRun, ...rest, completed: isComplete, usd: priceOf(result) };
}
