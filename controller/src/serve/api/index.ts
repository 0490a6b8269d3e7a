export { type ApiOptions, type ApiServer, BASE, createApi } from "./app.ts";
export { type Auth, createAuth } from "./auth/index.ts";
export { serveApi } from "./listen.ts";
export type * from "./services.ts";
