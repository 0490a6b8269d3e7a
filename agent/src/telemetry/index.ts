export { type CheckOutcome, checkFromWire, runCheck } from "./checks.ts";
export { serveMetrics } from "./metrics-server.ts";
export { type OwnMetric, prometheusText } from "./prometheus.ts";
export { createTelemetry, type Telemetry } from "./telemetry.ts";
