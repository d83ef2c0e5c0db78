import {
  Agent,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { type Call, callOf } from "./call.ts";
import type { Decide, Fault, FaultKind, Follow, Observe } from "./fault.ts";
import { ProxiedRequest, type Upstream } from "./proxied-request.ts";
import { answer, refuse } from "./refusal.ts";

/** Longer than the clients of these servers keep an idle connection. */
const KEEP_ALIVE_MS = 120_000;

/**
 * A proxy between the AWS SDK and its servers that injects the faults of networks and services. It uses
 * Node's http, because a proxy library would hide the sockets and bodies that the faults need.
 */
export class FaultProxy implements AsyncDisposable {
  /** Decides the faults of the following calls. */
  decide: Decide;
  follow: Follow = () => undefined;
  readonly #observe: Observe | undefined;
  readonly #server: Server;
  readonly #upstream: Upstream;
  readonly #injected = new Map<FaultKind, number>();
  #calls = 0;

  private constructor(target: string, decide: Decide, observe?: Observe) {
    this.decide = decide;
    this.#observe = observe;
    this.#upstream = { target: new URL(target), agent: new Agent({ keepAlive: true }) };
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.#calls += 1;
      // An error at either side also ends the client's call, which it retries.
      this.#meet(request, response).catch(() => response.destroy());
    });
  }

  /** @param target the servers' endpoint: `http://127.0.0.1:4566` */
  static async start(target: string, decide: Decide, observe?: Observe): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, decide, observe);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") {
      throw new Error("The proxy is not listening");
    }
    return `http://127.0.0.1:${address.port}`;
  }

  /** The number of received requests. */
  get calls(): number {
    return this.#calls;
  }

  /** The number of faults by kind. */
  injected(): Record<FaultKind, number> {
    const count = (kind: FaultKind) => this.#injected.get(kind) ?? 0;
    return {
      delay: count("delay"),
      reset: count("reset"),
      cutRequest: count("cutRequest"),
      cutResponse: count("cutResponse"),
      lostAnswer: count("lostAnswer"),
      InternalError: count("InternalError"),
      SlowDown: count("SlowDown"),
      TooManyRequests: count("TooManyRequests"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#upstream.agent.destroy();
  }

  async #meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const proxied: ProxiedRequest = new ProxiedRequest(request, response, this.#upstream, () =>
      this.follow(call, request, () => proxied.body()),
    );
    const call = await callOf(request, () => proxied.body());
    await this.#observe?.(call, request, () => proxied.body());
    const fault = await this.decide(call, () => proxied.body());
    if (fault === undefined) return proxied.through();
    if (fault.kind === "AccessDenied") return refuse(call, fault.kind, request, response);
    if (fault.kind === "answer") return answer(fault.json, request, response);
    const kind = await inject(fault, call, proxied, request, response);
    this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + 1);
  }
}

/** @returns the actual fault */
async function inject(
  fault: Exclude<Fault, { kind: "answer" | "AccessDenied" }>,
  call: Call,
  proxied: ProxiedRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<FaultKind> {
  switch (fault.kind) {
    case "delay":
      await delay(fault.ms);
      await proxied.through();
      return "delay";
    case "reset":
      proxied.reset();
      return "reset";
    case "cutRequest":
      return proxied.cutRequest();
    case "cutResponse":
      return proxied.cutResponse();
    case "lostAnswer":
      await proxied.loseAnswer();
      return "lostAnswer";
    default:
      refuse(call, fault.kind, request, response);
      return fault.kind;
  }
}
