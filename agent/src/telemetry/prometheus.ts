import { METRICS, type MetricName, type Sample } from "@breakwater/shared/health";

/** What stands for the subject in Prometheus. */
const LABELS: Partial<Record<MetricName, string>> = {
  disk_used_percent: "mount_point",
  network_receive_bytes_per_second: "interface",
  network_transmit_bytes_per_second: "interface",
  unit_active: "unit",
  unit_restarts_total: "unit",
  check_up: "check",
  check_latency_ms: "check",
};

/** A figure about the agent itself. */
export interface OwnMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Prometheus wants base units: ratios and seconds (prometheus.io/docs/practices/naming). */
function exposed(metric: MetricName): { name: string; help: string; factor: number } {
  const help = METRICS[metric].help;
  if (metric.endsWith("_percent"))
    return { name: metric.replace(/_percent$/, "_ratio"), help: help.replace(/, percent.*$/, ", as a ratio"), factor: 0.01 };
  if (metric.endsWith("_ms")) return { name: metric.replace(/_ms$/, "_seconds"), help, factor: 0.001 };
  return { name: metric, help, factor: 1 };
}

const escapeLabel = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
const labelled = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
};

/** Text exposition format 0.0.4. */
export function prometheusText(samples: readonly Sample[], own: readonly OwnMetric[]): string {
  const lines: string[] = [];
  const family = (name: string, help: string, type: string) => lines.push(`# HELP ${name} ${help}.`, `# TYPE ${name} ${type}`);
  for (const m of own) {
    family(`breakwater_agent_${m.name}`, m.help, m.type);
    lines.push(`breakwater_agent_${m.name}${labelled(m.labels ?? {})} ${m.value}`);
  }
  for (const metric of Object.keys(METRICS) as MetricName[]) {
    const found = samples.filter((s) => s.metric === metric);
    if (found.length === 0) continue;
    const { name, help, factor } = exposed(metric);
    family(`breakwater_${name}`, help, metric.endsWith("_total") ? "counter" : "gauge");
    for (const { subject, value } of found)
      lines.push(`breakwater_${name}${labelled(subject === "" ? {} : { [LABELS[metric] ?? "subject"]: subject })} ${value * factor}`);
  }
  return `${lines.join("\n")}\n`;
}
