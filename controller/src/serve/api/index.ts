export { createApi } from "./app.ts";
export { createAuth } from "./auth/index.ts";
export { openAgentPackage } from "./install/index.ts";
export { serveApi } from "./listen.ts";
export type * from "./services.ts";
