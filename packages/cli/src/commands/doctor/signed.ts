import { signedAddress } from "@imagefleet/client";
import { type Check, none, ok, problem, unknown } from "../../check/check.ts";
import { SIGNING_KEY_VARIABLE } from "../../connection/signing-key.ts";
import { CLOSED, get, isOfEdge, noAnswer, type Views, wrongStatus } from "./delivery.ts";
import { DEPLOY_AGAIN, type Fleet, type Stage } from "./fleet.ts";

const NAME = "signed size, as viewers request it";

/** Within the bounds of every recipe. */
const SIZE = { width: 1 };

/**
 * Checks that the edge accepts the key of the application, and no other signature. A recipe without
 * signed sizes has no check.
 *
 * @param sourceKey of a test picture
 * @param others the checks of the same distribution: what fails there fails here for the same cause
 */
export async function signedChecks(
  { recipe, stage }: Fleet,
  { url, isPrivate, signingKey }: Views,
  sourceKey: string,
  others: readonly Check[],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (recipe.delivery?.adhoc === undefined) return [];
  if (isPrivate) return [none(NAME, CLOSED)];
  if (signingKey === undefined) {
    const fix = `Run doctor under sst shell, or set the variable ${SIGNING_KEY_VARIABLE} to the value of the secret ${secretOf(stage)}.`;
    return [unknown(NAME, "Not tested: doctor was not given the signing key.", fix)];
  }
  if (others.some(({ state }) => state === "wrong")) {
    return [unknown(NAME, "Not tested: fix the problems of the distribution first.")];
  }
  const { id, secret, by } = signingKey;
  const path = await signedAddress(recipe, sourceKey, signingKey, SIZE);
  const answer = await get(url + path, signal);
  if (typeof answer === "string") return [noAnswer(NAME, url, answer)];
  if (answer.status === 403 && isOfEdge(answer)) {
    const message = `403: the edge does not accept the key "${id}" of ${by}.`;
    return [problem(NAME, message, refusedFix(stage, id))];
  }
  const wrong = wrongStatus(answer, path, true);
  if (wrong !== undefined) return [problem(NAME, wrong.message, wrong.fix)];
  const forged = { id, secret: `${secret}.` };
  const refused = await get(url + (await signedAddress(recipe, sourceKey, forged, SIZE)), signal);
  if (typeof refused === "string") return [noAnswer(NAME, url, refused)];
  if (refused.status === 403) {
    return [ok(NAME, `200 with a signature by the key "${id}", and 403 with another signature.`)];
  }
  const message = `The edge answers ${refused.status} to an address with a wrong signature: everyone can request any number of sizes.`;
  return [problem(NAME, message, DEPLOY_AGAIN)];
}

function refusedFix(stage: Stage | undefined, id: string): string {
  if (stage?.settings.distribution !== undefined) {
    return `Store the secret as key.${id} in the key value store of the distribution's function (docs/delivery.md).`;
  }
  return `Set the secret ${secretOf(stage)} to the key that the application signs with, and deploy the stage again.`;
}

/** The name of the secret begins with the name of the fleet, as the names of its resources do. */
function secretOf(stage: Stage | undefined): string {
  const fleet = stage?.prefix.slice(stage.prefix.lastIndexOf("-") + 1);
  return `${fleet || "{fleet}"}SigningKey`;
}
