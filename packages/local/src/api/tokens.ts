import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JWTPayload, jwtVerify, SignJWT } from "jose";

/** The file name, in the data folder. */
const FILE = "api-signing-key.pem";

/** RSA with SHA-256. API Gateway takes RSA alone. */
const ALGORITHM = "RS256";

/** `kid`: a token must name the key that has signed it. */
const KEY_ID = "local";

/** Who issues the development tokens. It answers nowhere: the API has the key itself. */
const ISSUER = "https://imagefleet.invalid";
const AUDIENCE = "imagefleet";

/** The user of a development token that names none. */
export const DEVELOPER = "developer";

/** A page stays open for a day. */
const LIFETIME = "24h";

/** Why a token was refused, as the header of the answer says. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

/** Makes and checks the tokens of an issuer whose key is in the data folder. */
export class Tokens {
  readonly #signing: KeyObject;
  readonly #checking: KeyObject;

  /** @param dataDir a folder, which is made where it is missing */
  constructor(dataDir: string) {
    this.#signing = createPrivateKey(keepKey(dataDir));
    this.#checking = createPublicKey(this.#signing);
  }

  /** A token of a user that is valid for 24 hours. */
  sign(user: string): Promise<string> {
    return new SignJWT({ sub: user })
      .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(LIFETIME)
      .sign(this.#signing);
  }

  /**
   * Checks a token as the JWT authorizer of an HTTP API does.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
   *
   * @param token as in the Authorization header, with or without `Bearer`
   * @throws TokenRefused
   */
  async verify(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(
        token.replace(/^Bearer /i, ""),
        ({ kid }) => {
          if (kid !== KEY_ID) throw new TokenRefused("no key has the id that the token names");
          return this.#checking;
        },
        { issuer: ISSUER, algorithms: [ALGORITHM], requiredClaims: ["exp"] },
      );
      const { aud = payload["client_id"], iat = 0 } = payload;
      if (![aud].flat().includes(AUDIENCE)) {
        throw new TokenRefused("the token does not have a valid audience");
      }
      if (iat > Date.now() / 1000) throw new TokenRefused("the token was issued in the future");
      return payload;
    } catch (error) {
      throw error instanceof TokenRefused ? error : new TokenRefused("the token is not valid");
    }
  }
}

/** Reads the folder's key, or makes one, which only the folder's owner can read. */
function keepKey(dataDir: string): string {
  const file = join(dataDir, FILE);
  if (existsSync(file)) return readFileSync(file, "utf8");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  // The rename is atomic: a killed process leaves no partial key.
  writeFileSync(`${file}.new`, pem, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return pem;
}
