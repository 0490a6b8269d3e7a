export * from "./database.ts";
export * from "./events.ts";
export { keepStoreTidy } from "./housekeeping.ts";
export * from "./rows.ts";
export * as schema from "./schema/index.ts";
