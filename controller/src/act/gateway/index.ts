export { openAuthority } from "./ca.ts";
export { createGateway } from "./gateway.ts";

export { takeExecutionReport } from "./take-report.ts";
