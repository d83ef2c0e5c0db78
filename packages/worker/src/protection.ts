import type { Logger } from "@imagefleet/core/telemetry";
import * as v from "valibot";

/** Protection expires after this time, so that a hanging task can be stopped. */
const EXPIRES_MINUTES = 30;

/** How often it is renewed while jobs run, ms. */
const RENEW_MS = 2 * 60_000;

/** How long it is kept after the last job, ms, so that it does not change between two messages. */
const LINGER_MS = 20_000;

/** The agent is on the task's own machine. */
const ANSWER_MS = 5_000;

const answerSchema = v.union([
  v.object({ protection: v.object({ ProtectionEnabled: v.boolean() }) }),
  v.object({ failure: v.object({ Reason: v.string() }) }),
  v.object({ error: v.object({ Code: v.string() }) }),
]);

export interface ProtectionOptions {
  /** ECS_AGENT_URI, which ECS sets in every task. Without it there is no protection. */
  readonly agent: string | undefined;
  readonly log: Logger;
  readonly lingerMs?: number;
  readonly renewMs?: number;
}

/**
 * Protects the task from scale-in while it has jobs in flight, so that ECS stops another task. A
 * request that fails is logged and repeated. Without protection a stopped task releases its messages,
 * which only costs time.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export class TaskProtection {
  readonly #options: ProtectionOptions;
  #inFlight = 0;
  /** The state that ECS has accepted last. */
  #enabled = false;
  #wanted = false;
  #update: Promise<void> = Promise.resolve();
  #linger: NodeJS.Timeout | undefined;
  #renew: NodeJS.Timeout | undefined;

  constructor(options: ProtectionOptions) {
    this.#options = options;
  }

  /** Starts the protection for a job. @returns a function to call when the job has ended */
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

  /** Ends the timers and waits for a request in progress. */
  async end(): Promise<void> {
    clearTimeout(this.#linger);
    clearInterval(this.#renew);
    await this.#update;
  }

  #want(wanted: boolean): void {
    if (this.#options.agent === undefined || wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearInterval(this.#renew);
    if (wanted) {
      const { renewMs = RENEW_MS } = this.#options;
      this.#renew = setInterval(() => this.#set(true), renewMs).unref();
    }
    this.#set(false);
  }

  /** Sends the wanted state. One request at a time, so that the last state counts. */
  #set(again: boolean): void {
    this.#update = this.#update.then(async () => {
      const enabled = this.#wanted;
      if (enabled === this.#enabled && !again) return;
      try {
        await this.#put(enabled);
        this.#enabled = enabled;
      } catch (error) {
        this.#enabled = !enabled;
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
