export * from "./action.ts";
export * from "./approval.ts";
export * from "./canonical.ts";
export * from "./execution.ts";
export * from "./merkle.ts";
export * from "./reboot.ts";
export * from "./rehearsal.ts";
