import type { Logger } from "@imagefleet/core/telemetry";
import * as v from "valibot";

/** Protection ends by itself after this many minutes: a task that hangs is not kept for ever. */
const EXPIRES_MINUTES = 30;

/** How often it is asked for again while work goes on, ms. */
const RENEW_MS = 2 * 60_000;

/** How long it is kept after the last job, ms: between two messages it is not worth asking. */
const LINGER_MS = 20_000;

/** The agent lives on the task's own machine. */
const ANSWER_MS = 5_000;

const answerSchema = v.union([
  v.object({ protection: v.object({ ProtectionEnabled: v.boolean() }) }),
  v.object({ failure: v.object({ Reason: v.string() }) }),
  v.object({ error: v.object({ Code: v.string() }) }),
]);

export interface ProtectionOptions {
  /** ECS_AGENT_URI, which ECS sets in every task; without it there is nobody to ask. */
  readonly agent: string | undefined;
  readonly log: Logger;
  readonly lingerMs?: number;
  readonly renewMs?: number;
}

/**
 * Tells ECS that this task has work in hand, so that scaling in takes another. What fails is logged
 * and asked for again: without protection a task that is stopped hands its work back, and nothing is
 * lost but time.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export class TaskProtection {
  readonly #options: ProtectionOptions;
  #inFlight = 0;
  /** What ECS was last told, if it took it. */
  #told = false;
  #wanted = false;
  #telling: Promise<void> = Promise.resolve();
  #linger: NodeJS.Timeout | undefined;
  #renew: NodeJS.Timeout | undefined;

  constructor(options: ProtectionOptions) {
    this.#options = options;
  }

  /** A job begins. @returns what is to be called when it has ended */
  hold(): () => void {
    this.#inFlight += 1;
    clearTimeout(this.#linger);
    this.#want(true);
    return () => {
      this.#inFlight -= 1;
      if (this.#inFlight > 0) return;
      const { lingerMs = LINGER_MS } = this.#options;
      this.#linger = setTimeout(() => this.#want(false), lingerMs).unref();
    };
  }

  /** The worker leaves: nothing is told any more. */
  async end(): Promise<void> {
    clearTimeout(this.#linger);
    clearInterval(this.#renew);
    await this.#telling;
  }

  #want(wanted: boolean): void {
    if (this.#options.agent === undefined || wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearInterval(this.#renew);
    if (wanted) {
      const { renewMs = RENEW_MS } = this.#options;
      this.#renew = setInterval(() => this.#tell(true), renewMs).unref();
    }
    this.#tell(false);
  }

  /** One after the other, and the last word counts: a late "protect" must not follow an "unprotect". */
  #tell(again: boolean): void {
    this.#telling = this.#telling.then(async () => {
      const enabled = this.#wanted;
      if (enabled === this.#told && !again) return;
      try {
        await this.#put(enabled);
        this.#told = enabled;
      } catch (error) {
        this.#told = !enabled;
        this.#options.log.warn({ err: error, enabled }, "could not set the task's protection");
      }
    });
  }

  async #put(enabled: boolean): Promise<void> {
    const response = await fetch(`${this.#options.agent}/task-protection/v1/state`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ProtectionEnabled: enabled,
        ...(enabled && { ExpiresInMinutes: EXPIRES_MINUTES }),
      }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const answer = v.parse(answerSchema, await response.json());
    if ("failure" in answer) throw new Error(answer.failure.Reason);
    if ("error" in answer) throw new Error(answer.error.Code);
  }
}
