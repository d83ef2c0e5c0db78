import { LANES, type Lane } from "@imagefleet/core/outcome";
import { askFor, type Check, CheckReport, none, unknown } from "../../check/check.ts";
import { apiOf } from "../../connection/api.ts";
import { type Connection, connect } from "../../connection/connect.ts";
import { readConnectionEnv } from "../../connection/env.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { queueFacts } from "../../connection/queue-facts.ts";
import { signingKeyOf } from "../../connection/signing-key.ts";
import { fleetPrefix, namedByStage } from "../../connection/stage/names.ts";
import { type StageSettings, stageSettings } from "../../connection/stage/settings.ts";
import { EXIT } from "../../exit-code.ts";
import { readRecipe } from "../../recipe/read.ts";
import { formatBytes, formatMs } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { alarmChecks } from "./alarms.ts";
import { catalogChecks } from "./catalog.ts";
import { clean } from "./clean.ts";
import { ALARM_LIMIT_MS, type AlarmTest, testAlarm } from "./dead-letter.ts";
import { deliveryChecks, type Views, viewChecks } from "./delivery.ts";
import type { Fleet, Stage } from "./fleet.ts";
import { type Followed, follow } from "./follow.ts";
import { consumerChecks, notificationChecks } from "./intake.ts";
import { doctorPrefix, type Picture, picturesOf, ulid } from "./pictures.ts";
import { queueChecks } from "./queues.ts";
import { roleChecks } from "./roles.ts";
import { workerChecks } from "./service.ts";
import { signedChecks } from "./signed.ts";

export interface DoctorOptions {
  readonly connection: ConnectionOptions;
  /** Undefined for the fleet on this machine. */
  readonly stage?: string | undefined;
  readonly recipe: string;
  readonly json?: boolean | undefined;
  readonly alarm?: boolean | undefined;
}

/** How long a picture may take, ms; longer if the lane must first start a task. */
const PICTURE_LIMIT_MS = 4 * 60_000;
const COLD_LIMIT_MS = 20 * 60_000;

/** For the upload of a picture; with a KMS key, also kms:GenerateDataKey. */
const PERMISSIONS = "s3:PutObject on the source bucket, and s3:GetObject on the rendition bucket";

/** `imagefleet doctor`: checks the parts of a fleet, then sends pictures through it. */
export async function doctor(options: DoctorOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  const { stage } = options;
  const settings = stage === undefined ? undefined : await stageSettings(stage);
  const located =
    stage === undefined || settings === undefined
      ? options.connection
      : await namedByStage(options.connection, settings, stage);
  using connection = await connect(located);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const signingKey =
    recipe.delivery?.adhoc && signingKeyOf(readConnectionEnv().variables, located.fleet);
  const fleet = await inspect(connection, stage, settings, { recipe, signingKey });
  const began = performance.now();

  const report = new CheckReport(screen, options);
  const worker = await checkParts(fleet, report);
  const api = stage === undefined ? undefined : apiOf(readConnectionEnv().variables, located.fleet);
  report.add(await catalogChecks(fleet, api, signal));
  const delivery = await deliveryChecks(fleet, located);
  report.add(delivery.checks);
  const parts = { running: worker, views: delivery.views };
  const followed = await sendPictures(fleet, parts, signal, screen, report);
  const alarm = options.alarm && !signal.aborted ? await runAlarmTest(fleet, signal, screen) : null;
  if (alarm !== null) report.add([alarm.check]);
  const code = report.end(connection.where, {
    seconds: Math.round(performance.now() - began) / 1000,
    pictures: followed.map(({ lane, bytes, renditions, steps }) => {
      return { lane, bytes, renditions, ...steps };
    }),
    alarm: alarm === null ? null : { alarmMs: alarm.alarmMs, overMs: alarm.overMs },
  });
  return signal.aborted ? EXIT.interrupted : code;
}

async function inspect(
  connection: Connection,
  stage: string | undefined,
  settings: StageSettings | undefined,
  { recipe, signingKey }: Pick<Fleet, "recipe"> & Pick<Stage, "signingKey">,
): Promise<Fleet> {
  const { clients } = connection;
  if (clients !== undefined && (stage === undefined || settings === undefined)) {
    throw new UsageError(
      `doctor needs --stage NAME to find the alarms and the service at ${connection.where}`,
    );
  }
  const lanes = await connection.lanes();
  const each = async (lane: Lane) => ({
    queue: await queueFacts(connection, lanes[lane].queue.url),
    deadLetters: await queueFacts(connection, lanes[lane].deadLetters.url),
  });
  return {
    connection,
    stage:
      clients === undefined || stage === undefined || settings === undefined
        ? undefined
        : {
            prefix: fleetPrefix(settings, stage, lanes.small.queue.url),
            settings,
            clients,
            signingKey,
          },
    recipe,
    sourceBucket: await connection.bucket("sourceBucket"),
    renditionBucket: await connection.bucket("renditionBucket"),
    queues: { small: await each("small"), large: await each("large") },
  };
}

/** @returns how many tasks run; undefined if unknown */
async function checkParts(fleet: Fleet, report: CheckReport): Promise<number | undefined> {
  report.add(queueChecks(fleet));
  report.add(await notificationChecks(fleet));
  const consumer = await consumerChecks(fleet);
  report.add(consumer.checks);
  const worker = await workerChecks(fleet);
  report.add(worker.checks);
  report.add(await roleChecks(fleet, { function: consumer.role, worker: worker.role }));
  report.add(await alarmChecks(fleet));
  return worker.running;
}

/** Sends pictures through the lanes that are not blocked, concurrently, and removes them. */
async function sendPictures(
  fleet: Fleet,
  { running, views }: { running: number | undefined; views: Views | undefined },
  signal: AbortSignal,
  screen: Screen,
  report: CheckReport,
): Promise<readonly Followed[]> {
  const id = ulid();
  const pictures = await picturesOf(fleet.recipe, id);
  const isFree = ({ lane }: Picture) =>
    !report.checks.some(({ blocks = [] }) => blocks.includes(lane));
  const free = pictures.filter(isFree);
  report.add([
    ...pictures.filter((picture) => !isFree(picture)).map(({ lane }) => blocked(lane)),
    ...LANES.filter((lane) => !pictures.some((picture) => picture.lane === lane)).map(tooLarge),
  ]);
  if (free.length === 0 || signal.aborted) return [];
  const hasNoTask = fleet.stage !== undefined && running === 0;
  const limitOf = ({ lane }: Picture) =>
    lane === "large" && hasNoTask ? COLD_LIMIT_MS : PICTURE_LIMIT_MS;
  for (const picture of free) {
    const { lane, bytes } = picture;
    const why = limitOf(picture) === COLD_LIMIT_MS ? ", because no task is running there yet" : "";
    screen.note(
      `Sending a picture of ${formatBytes(bytes.length)} through the ${lane} lane: this may take up to ${formatMs(limitOf(picture))}${why}.`,
    );
  }
  const prefix = doctorPrefix(fleet.recipe, id);
  const followed: Followed[] = [];
  await Promise.all(
    free.map(async (picture) => {
      const name = `picture through the ${picture.lane} lane`;
      const result = await askFor(name, PERMISSIONS, async () => {
        const one = await follow(fleet, picture, limitOf(picture), signal);
        followed.push(one);
        return [one.check];
      });
      report.add(result);
    }),
  );
  if (views !== undefined && !signal.aborted) {
    report.add(await view(fleet, views, followed, signal));
  }
  if (signal.aborted) screen.note("Interrupted. Removing the test pictures.");
  report.add([
    await clean(
      fleet,
      prefix,
      free.map(({ key }) => key),
      followed,
    ),
  ]);
  return followed;
}

/** Requests renditions of the small picture. The large lane makes all of them at the upload. */
async function view(
  fleet: Fleet,
  views: Views,
  followed: readonly Followed[],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const small = followed.find(({ lane }) => lane === "small");
  const { renditions = [], onRequest = [] } = small?.manifest ?? {};
  const [stored] = renditions;
  if (small === undefined || stored === undefined) {
    return [
      unknown("renditions, as viewers request them", "Not tested: the picture has no renditions."),
    ];
  }
  const checks = await viewChecks(views, { stored, onRequest: onRequest[0] }, signal);
  return [...checks, ...(await signedChecks(fleet, views, small.key, checks, signal))];
}

function blocked(lane: Lane): Check {
  return unknown(
    `picture through the ${lane} lane`,
    "Not tested: a problem above blocks this lane.",
  );
}

function tooLarge(lane: Lane): Check {
  return none(
    `picture through the ${lane} lane`,
    "Not tested: the limits of the recipe allow no test picture that is large enough.",
  );
}

function runAlarmTest(fleet: Fleet, signal: AbortSignal, screen: Screen): Promise<AlarmTest> {
  if (fleet.stage !== undefined) {
    screen.note(
      `Sending a dead letter to test the alarm. Its start and its end may each take up to ${formatMs(ALARM_LIMIT_MS)}.`,
    );
  }
  return testAlarm(fleet, `${doctorPrefix(fleet.recipe, ulid())}dead letter`, signal);
}
