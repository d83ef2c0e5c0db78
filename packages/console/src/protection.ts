import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/** No script, style, frame or request but those of this server, and no HTML that a script assembles. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** Headers of every answer, https://owasp.org/www-project-secure-headers/ */
export const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** A header that only a script of the page's own origin can set without a preflight request. */
const REQUESTED_BY = "x-imagefleet-console";

/**
 * Refuses what a browser sends for another site. A name that resolves to this machine (DNS rebinding) has
 * another Host; a page of another site has another Origin and `Sec-Fetch-Site`.
 * https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/
 *
 * @param hosts the Host headers of this server, `127.0.0.1:4569`
 */
export function sameOriginOnly(hosts: () => readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!hosts().includes(host)) {
      return c.text(`The console answers only to ${hosts().join(" and ")}.`, 403);
    }
    const origin = c.req.header("origin");
    const site = c.req.header("sec-fetch-site");
    const isOwn = origin === undefined || origin === `http://${host}`;
    if (!isOwn || (site !== undefined && site !== "same-origin" && site !== "none")) {
      return c.text("The console answers only to its own page.", 403);
    }
    if (c.req.method !== "GET" && c.req.header(REQUESTED_BY) === undefined) {
      return c.text(`The header ${REQUESTED_BY} is missing.`, 403);
    }
    return next();
  };
}

/** Exchanges tokens of links, once each, for a cookie. */
export class Sessions {
  readonly #tokens = new Set<string>();
  /** Hashes, because what is compared must have one length. */
  readonly #secret = randomBytes(32).toString("base64url");

  /** A token for one link. It is valid once, while the console runs. */
  newToken(): string {
    const token = randomBytes(24).toString("base64url");
    this.#tokens.add(token);
    return token;
  }

  /** Whether the token was valid: it is not any more. */
  redeem(token: string): boolean {
    return this.#tokens.delete(token);
  }

  get cookie(): string {
    return this.#secret;
  }

  isValid(cookie: string | undefined): boolean {
    if (cookie === undefined) return false;
    return timingSafeEqual(hash(cookie), hash(this.#secret));
  }
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Cookies are shared by all ports of a host, so the name has the port. */
function cookieName(host: string): string {
  return `imagefleet-console-${host.slice(host.lastIndexOf(":") + 1)}`;
}

/** Requires the cookie of a session. */
export function sessionOnly(sessions: Sessions): MiddlewareHandler {
  return async (c, next) => {
    const name = cookieName(c.req.header("host") ?? "");
    if (sessions.isValid(getCookie(c, name))) return next();
    return c.json({ error: "There is no session: open the link that the terminal shows." }, 401);
  };
}

/** Answers with the cookie when the token of a link is valid. */
export function openSession(
  sessions: Sessions,
  tokenOf: (body: unknown) => string,
): MiddlewareHandler {
  return async (c) => {
    const body: unknown = await c.req.json();
    if (!sessions.redeem(tokenOf(body))) {
      return c.json(
        { error: "This link was used before: the terminal shows how to get another." },
        401,
      );
    }
    setCookie(c, cookieName(c.req.header("host") ?? ""), sessions.cookie, {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
    });
    return c.json({});
  };
}
