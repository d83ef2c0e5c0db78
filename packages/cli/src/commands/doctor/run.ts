import { LANES, type Lane } from "@imagefleet/core/outcome";
import { askFor, type Check } from "../../check/check.ts";
import { checkText, summaryText, tally } from "../../check/text.ts";
import { type Connection, connect } from "../../connection/connect.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { fleetPrefix, namedByStage } from "../../connection/stage/names.ts";
import { type StageSettings, stageSettings } from "../../connection/stage/settings.ts";
import { EXIT } from "../../exit-code.ts";
import { readRecipe } from "../../recipe/read.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { formatBytes, formatMs } from "../../terminal/units.ts";
import { UsageError } from "../../usage-error.ts";
import { alarmChecks } from "./alarms.ts";
import { clean } from "./clean.ts";
import { ALARM_LIMIT_MS, type Alarmed, provokeAlarm } from "./dead-letter.ts";
import { type Patient, queueFacts } from "./fleet.ts";
import { type Followed, follow } from "./follow.ts";
import { ulid } from "./id.ts";
import { consumerChecks, notificationChecks } from "./intake.ts";
import { doctorPrefix, type Picture, picturesOf } from "./pictures.ts";
import { queueChecks } from "./queues.ts";
import { roleChecks } from "./roles.ts";
import { workerChecks } from "./service.ts";

export interface DoctorOptions {
  readonly connection: ConnectionOptions;
  /** Undefined: the fleet on this machine. */
  readonly stage: string | undefined;
  readonly recipe: string;
  readonly json: boolean;
  readonly alarm: boolean;
}

/** How long a picture may take, ms; a lane without a task first waits for one. */
const PICTURE_LIMIT_MS = 4 * 60_000;
const SLEEPING_LIMIT_MS = 20 * 60_000;

/** What putting a picture takes; with a key of KMS, kms:GenerateDataKey on it too. */
const PERMISSIONS = "s3:PutObject on the source bucket, and s3:GetObject on the rendition bucket";

/** `imagefleet doctor`: does a deployed fleet work? */
export async function doctor(options: DoctorOptions, screen: Screen): Promise<number> {
  const recipe = await readRecipe(options.recipe);
  const { stage } = options;
  const settings = stage === undefined ? undefined : await stageSettings(stage);
  const named =
    stage === undefined || settings === undefined
      ? options.connection
      : await namedByStage(options.connection, settings, stage);
  using connection = await connect(named);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const patient = await patientOf(connection, stage, settings, recipe);
  const began = performance.now();

  const checks: Check[] = [];
  const tell = (some: readonly Check[]) => {
    checks.push(...some);
    if (options.json) return;
    for (const check of some) screen.report(...checkText(check, screen.paint));
  };
  const worker = await look(patient, tell);
  const followed = await tryPictures(patient, checks, worker, signal, screen, tell);
  const alarmed = options.alarm && !signal.aborted ? await tryAlarm(patient, signal, screen) : null;
  if (alarmed !== null) tell([alarmed.check]);

  if (options.json) {
    screen.json(asJson({ where: connection.where, stage, checks, followed, alarmed, began }));
  } else screen.report("", screen.paint("bold", summaryText(checks, connection.where)));
  if (signal.aborted) return EXIT.interrupted;
  return tally(checks).wrong > 0 ? EXIT.deadLetters : EXIT.done;
}

async function patientOf(
  connection: Connection,
  stage: string | undefined,
  settings: StageSettings | undefined,
  recipe: Patient["recipe"],
): Promise<Patient> {
  const { clients } = connection;
  if (clients !== undefined && (stage === undefined || settings === undefined)) {
    throw new UsageError(
      `doctor needs the stage's name to find alarms and service at ${connection.where}: --stage NAME`,
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
        : { prefix: fleetPrefix(settings, stage, lanes.small.queue.url), settings, clients },
    recipe,
    sourceBucket: await connection.bucket("sourceBucket"),
    renditionBucket: await connection.bucket("renditionBucket"),
    queues: { small: await each("small"), large: await each("large") },
  };
}

/** @returns how many tasks run; undefined where that is not known */
async function look(
  patient: Patient,
  tell: (checks: readonly Check[]) => void,
): Promise<number | undefined> {
  tell(queueChecks(patient));
  tell(await notificationChecks(patient));
  const consumer = await consumerChecks(patient);
  tell(consumer.checks);
  const worker = await workerChecks(patient);
  tell(worker.checks);
  tell(await roleChecks(patient, { function: consumer.role, worker: worker.role }));
  tell(await alarmChecks(patient));
  return worker.running;
}

/** Puts pictures through the lanes that nothing blocks, side by side, and removes them. */
async function tryPictures(
  patient: Patient,
  checks: readonly Check[],
  running: number | undefined,
  signal: AbortSignal,
  screen: Screen,
  tell: (checks: readonly Check[]) => void,
): Promise<readonly Followed[]> {
  const id = ulid();
  const pictures = await picturesOf(patient.recipe, id);
  const isFree = ({ lane }: Picture) => !checks.some(({ blocks = [] }) => blocks.includes(lane));
  const free = pictures.filter(isFree);
  tell([
    ...pictures.filter((picture) => !isFree(picture)).map(({ lane }) => untried(lane)),
    ...LANES.filter((lane) => !pictures.some((picture) => picture.lane === lane)).map(tooLarge),
  ]);
  if (free.length === 0 || signal.aborted) return [];
  const sleeps = patient.stage !== undefined && running === 0;
  const limitOf = ({ lane }: Picture) =>
    lane === "large" && sleeps ? SLEEPING_LIMIT_MS : PICTURE_LIMIT_MS;
  for (const picture of free) {
    const { lane, bytes } = picture;
    const why = limitOf(picture) === SLEEPING_LIMIT_MS ? ", for no task runs there yet" : "";
    screen.note(
      `A picture of ${formatBytes(bytes.length)} goes through the ${lane} lane: this may take up to ${formatMs(limitOf(picture))}${why}.`,
    );
  }
  const prefix = doctorPrefix(patient.recipe, id);
  const followed: Followed[] = [];
  await Promise.all(
    free.map(async (picture) => {
      const name = `picture through the ${picture.lane} lane`;
      const told = await askFor(name, PERMISSIONS, async () => {
        const one = await follow(patient, picture, limitOf(picture), signal);
        followed.push(one);
        return [one.check];
      });
      tell(told);
    }),
  );
  if (signal.aborted) screen.note("Interrupted: removing what was made.");
  tell([
    await clean(
      patient,
      prefix,
      free.map(({ key }) => key),
      followed,
    ),
  ]);
  return followed;
}

function untried(lane: Lane): Check {
  return {
    name: `picture through the ${lane} lane`,
    state: "unasked",
    says: "It was not tried, for what is wrong above keeps it from arriving.",
  };
}

function tooLarge(lane: Lane): Check {
  return {
    name: `picture through the ${lane} lane`,
    state: "none",
    says: "The recipe takes no picture that is large enough for it and that is made here.",
  };
}

function tryAlarm(patient: Patient, signal: AbortSignal, screen: Screen): Promise<Alarmed> {
  if (patient.stage !== undefined) {
    screen.note(
      `A dead letter is put to see the alarm go off, and be over: each may take up to ${formatMs(ALARM_LIMIT_MS)}.`,
    );
  }
  return provokeAlarm(patient, `${doctorPrefix(patient.recipe, ulid())}dead letter`, signal);
}

function asJson(result: {
  readonly where: string;
  readonly stage: string | undefined;
  readonly checks: readonly Check[];
  readonly followed: readonly Followed[];
  readonly alarmed: Alarmed | null;
  readonly began: number;
}): unknown {
  const { where, stage, checks, followed, alarmed, began } = result;
  return {
    version: 1,
    at: new Date().toISOString(),
    where,
    stage: stage ?? null,
    seconds: Math.round(performance.now() - began) / 1000,
    ...tally(checks),
    checks,
    pictures: followed.map(({ lane, bytes, renditions, steps }) => ({
      lane,
      bytes,
      renditions,
      ...steps,
    })),
    alarm: alarmed === null ? null : { alarmMs: alarmed.alarmMs, overMs: alarmed.overMs },
  };
}
