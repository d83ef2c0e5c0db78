import { alarms } from "./alarms.ts";
import { stayAwake } from "./awake.ts";
import { scaleOnBacklog } from "./backlog.ts";
import { budget } from "./budget.ts";
import { fleetOf } from "./context.ts";
import { dashboard } from "./dashboard.ts";
import { makeKey } from "./encryption.ts";
import { listen, makeConsume } from "./intake.ts";
import { makeNetwork } from "./network.ts";
import { tellOfTasks } from "./notices.ts";
import { policiesForPeople } from "./operator.ts";
import { outputsOf } from "./outputs.ts";
import { makeLanes } from "./queues.ts";
import { readRecipe } from "./recipe.ts";
import { replicate } from "./replication.ts";
import { type FleetInput, parseFleet } from "./settings-schema.ts";
import { makeRenditions, makeSource, type Stores } from "./storage.ts";
import { telemetryOf } from "./telemetry.ts";
import { makeTopic } from "./topic.ts";
import { makeCluster, makeWorker } from "./worker.ts";

export interface ImagefleetArgs extends FleetInput {
  /** The module that exports the recipe, from the app's root: "recipe.ts". */
  readonly recipe: string;
}

/**
 * A fleet: what is uploaded to one bucket is made into renditions in another.
 *
 * @example
 * const photos = new Imagefleet("Photos", { recipe: "recipe.ts" });
 * new sst.aws.Function("Upload", { handler: "src/upload.handler", link: [photos] });
 */
export class Imagefleet extends $util.ComponentResource {
  /** Where everything is. */
  readonly outputs: ReturnType<typeof outputsOf>;

  /** @throws Error naming each field that is wrong, its value and the fix */
  constructor(name: string, args: ImagefleetArgs, options: $util.ComponentResourceOptions = {}) {
    super("imagefleet:index:Imagefleet", name, {}, options);
    const { recipe, ...given } = args;
    const fleet = fleetOf(this, name, {
      settings: parseFleet(name, $app.stage, given),
      recipe: readRecipe(name, recipe),
    });
    const key = makeKey(fleet);
    const source = makeSource(fleet, key);
    const stores: Stores = { source, renditions: makeRenditions(fleet, key), key };
    const lanes = makeLanes(fleet, source);
    const { large } = lanes;
    const telemetry = telemetryOf(fleet);
    const network = makeNetwork(fleet, telemetry);
    const cluster = makeCluster(fleet, network);
    const consume = makeConsume(fleet, { stores, lanes, telemetry });
    const worker = makeWorker(fleet, cluster, { stores, large, network, telemetry });
    listen(fleet, source, lanes);
    replicate(fleet, source);
    const people = policiesForPeople(fleet, lanes, stores);
    const alarmTopic = makeTopic(fleet);
    const told = { fleet, alarmTopic };
    budget(told);
    const programs = { consume, worker, cluster };
    // `sst dev` is somebody's desk: nobody is to be woken, and the worker runs at home.
    const page = $dev ? undefined : dashboard(fleet, lanes, programs, telemetry.metricsNamespace);
    if (!$dev) {
      alarms(told, lanes, consume);
      stayAwake(fleet, lanes);
      scaleOnBacklog(fleet, large.queue, worker);
      tellOfTasks(told, cluster, worker);
    }
    this.outputs = outputsOf(fleet, { stores, lanes, programs, people, alarmTopic, page });
    this.registerOutputs(this.outputs);
  }
}
