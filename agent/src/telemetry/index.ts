export { checkFromWire } from "./checks.ts";
export { serveMetrics } from "./metrics-server.ts";
export { prometheusText } from "./prometheus.ts";
export { createTelemetry } from "./telemetry.ts";
