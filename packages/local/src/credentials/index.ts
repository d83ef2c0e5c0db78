export { asEnvironment, type Credentials, credentialsOf } from "./credentials.ts";
export { keepSecret, readSecret } from "./secret.ts";
export { Sha256 } from "./sha256.ts";
