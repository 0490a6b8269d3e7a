export { type CertificateAuthority, type IssuedCertificate, openAuthority } from "./ca.ts";
export { createGateway, type Gateway, type GatewayOptions, type GatewayStatus } from "./gateway.ts";
export type { EndpointSample, HealthIntake, InventoryIntake, LiveOutput, UpdateToDescribe } from "./intakes.ts";
export { type StoredReport, type TakenReport, takeExecutionReport, takeRefusal } from "./take-report.ts";
