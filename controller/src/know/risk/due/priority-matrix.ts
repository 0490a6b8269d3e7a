/** Severity of FIRST's CVSS rating scale; "unknown" where there is no vector. */
export type Severity = "low" | "medium" | "high" | "critical" | "unknown";

/** Days to remediation by severity, for endpoints of criticality 1 to 5. */
export type PriorityMatrix = Readonly<Record<Severity, readonly [number, number, number, number, number]>>;

/**
 * What an organisation without a matrix of its own is held to. Nobody prescribes these: they keep critical flaws of critical endpoints within
 * a week, ask nothing in less than three days, and leave nothing open for more than half a year. Unknown is read as high.
 */
export const DEFAULT_PRIORITY_MATRIX: PriorityMatrix = {
  critical: [30, 21, 14, 7, 3],
  high: [60, 45, 30, 14, 7],
  unknown: [60, 45, 30, 14, 7],
  medium: [120, 90, 60, 45, 30],
  low: [180, 180, 120, 90, 90],
};

/** By the qualitative scale of CVSS 3 and 4: 9, 7 and 4 begin critical, high and medium. */
export const severityOf = (baseScore: number | null): Severity =>
  baseScore === null ? "unknown" : baseScore >= 9 ? "critical" : baseScore >= 7 ? "high" : baseScore >= 4 ? "medium" : "low";

export function daysByMatrix(matrix: PriorityMatrix, severity: Severity, criticality: number): number {
  const level = Math.min(5, Math.max(1, Math.round(criticality)));
  return matrix[severity][level - 1] ?? matrix[severity][4];
}
