export { type Api, type ApiOptions, startApi } from "./api.ts";
export { UPLOAD_ROUTES } from "./routes.ts";
export { DEVELOPER, Tokens } from "./tokens.ts";
