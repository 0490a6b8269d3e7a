export { type Audit, createAudit } from "./audit.ts";

export { verifyExport } from "./export.ts";
