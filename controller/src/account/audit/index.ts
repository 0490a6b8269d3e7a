export { type Audit, createAudit } from "./audit.ts";
export { GENESIS_HASH } from "./chain.ts";
export { type Verification, verifyExport } from "./export.ts";
export type { AuditEntry, AuditQuery } from "./page.ts";
