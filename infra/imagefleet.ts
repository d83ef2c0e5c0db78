import { alarms } from "./alarms.ts";
import { stayAwake } from "./awake.ts";
import { scaleOnBacklog } from "./backlog.ts";
import { budget } from "./budget.ts";
import { catalogAlarms, listenToManifests, makeCatalog } from "./catalog.ts";
import { fleetOf, type Transforms } from "./context.ts";
import { dashboard } from "./dashboard.ts";
import { deliveryAlarms, makeDelivery } from "./delivery.ts";
import { makeKey } from "./encryption.ts";
import { listen, makeConsume } from "./intake.ts";
import { invalidationAlarms, makeInvalidate } from "./invalidate.ts";
import { type Link, linkOf } from "./link.ts";
import { makeNetwork } from "./network.ts";
import { notifyOfTaskFailures } from "./notices.ts";
import { policiesForPeople } from "./operator.ts";
import { outputsOf } from "./outputs.ts";
import { parseFleet } from "./parse-settings.ts";
import { makeLanes } from "./queues.ts";
import { readRecipe } from "./recipe.ts";
import { replicate } from "./replication.ts";
import { rolesAs } from "./roles.ts";
import type { FleetInput } from "./settings-schema.ts";
import { makeRenditions, makeSource, renditionsOf, type Stores } from "./storage.ts";
import { telemetryOf } from "./telemetry.ts";
import { makeTopic } from "./topic.ts";
import { makeUploads, uploadAlarms } from "./uploads.ts";
import { makeCluster, makeWorker } from "./worker.ts";

export interface ImagefleetArgs extends FleetInput {
  /** The module that exports the recipe, from the app's root: "recipe.ts". */
  readonly recipe: string;
  /** Changes the SST components that the fleet creates, as `transform` of SST's components does. */
  readonly transform?: Transforms;
}

/**
 * A fleet: makes renditions in one bucket of the images that are uploaded to another.
 *
 * @example
 * const photos = new Imagefleet("Photos", { recipe: "recipe.ts" });
 * new sst.aws.Function("Upload", { handler: "src/upload.handler", link: [photos] });
 */
export class Imagefleet extends $util.ComponentResource {
  /** Names, URLs and ARNs of the fleet's resources. */
  readonly outputs: ReturnType<typeof outputsOf>;
  readonly #link: Link;

  /** @throws Error naming each invalid field, its value and the fix */
  constructor(name: string, args: ImagefleetArgs, options: $util.ComponentResourceOptions = {}) {
    const { recipe, transform = {}, ...given } = args;
    const settings = parseFleet(name, $app.stage, given);
    const transformations = [...(options.transformations ?? []), rolesAs(settings.roles)];
    super("imagefleet:index:Imagefleet", name, {}, { ...options, transformations });
    const fleet = fleetOf(this, name, { settings, transform, recipe: readRecipe(name, recipe) });
    const key = makeKey(fleet);
    const source = makeSource(fleet, key);
    const stores: Stores = { source, renditions: renditionsOf(fleet, key) };
    const lanes = makeLanes(fleet, stores);
    const telemetry = telemetryOf(fleet);
    const network = makeNetwork(fleet, telemetry);
    const cluster = makeCluster(fleet, network);
    const consume = makeConsume(fleet, { stores, lanes, telemetry });
    const worker = makeWorker(fleet, cluster, { stores, lanes, network, telemetry });
    const delivery = makeDelivery(fleet, { stores, lanes, telemetry });
    const invalidations =
      delivery && lanes.invalidations && makeInvalidate(fleet, lanes.invalidations, delivery);
    const catalog = lanes.catalog && makeCatalog(fleet, lanes.catalog, stores, key, delivery);
    const uploads =
      catalog && settings.uploads !== "none"
        ? makeUploads(fleet, settings.uploads, source, catalog, key, delivery)
        : undefined;
    const renditions = makeRenditions(fleet, stores.renditions, delivery?.distributionArn);
    if (lanes.catalog) listenToManifests(fleet, renditions, lanes.catalog);
    listen(fleet, source, lanes);
    replicate(fleet, source);
    const alarmTopic = makeTopic(fleet, "Alarms", settings.alarmTopic);
    const scope = { fleet, alarmTopic };
    budget(scope);
    const programs = { consume, worker, cluster, invalidations, catalog, uploads };
    const people = policiesForPeople(fleet, lanes, stores, programs, delivery);
    // In `sst dev` the worker runs on the developer's machine, and no alarm should wake anybody.
    const page = $dev
      ? undefined
      : dashboard(fleet, lanes, programs, telemetry.metricsNamespace, delivery);
    if (!$dev) {
      alarms(scope, lanes, consume);
      if (delivery) deliveryAlarms(scope, delivery);
      if (invalidations) invalidationAlarms(scope, invalidations);
      if (catalog) catalogAlarms(scope, catalog);
      if (uploads) uploadAlarms(scope, uploads);
      stayAwake(fleet, lanes);
      scaleOnBacklog(fleet, lanes.large.queue, worker);
      notifyOfTaskFailures(scope, cluster, worker);
    }
    this.#link = linkOf(fleet, stores, lanes, programs, delivery?.signingKey);
    this.outputs = outputsOf(fleet, {
      key,
      stores,
      lanes,
      programs,
      people,
      alarmTopic,
      page,
      delivery,
    });
    this.registerOutputs(this.outputs);
  }

  /** What `link: [fleet]` provides: `Resource.Photos.sourceBucket` and the permission to upload to it. */
  getSSTLink(): Link {
    return this.#link;
  }
}
