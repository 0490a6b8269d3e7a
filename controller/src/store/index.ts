export * from "./database.ts";
export * from "./events.ts";
export * as schema from "./schema/index.ts";
