export * from "./protocol.ts";
export { createExecutorServer, type ExecutorServer } from "./server.ts";
