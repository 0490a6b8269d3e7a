/** One endpoint of a plan, with what decides whether its rehearsal speaks for others and whether it can be asked. */
export interface Candidate {
  readonly endpointId: string;
  readonly hostname: string;
  /** Operating system, architecture and the very changes: endpoints alike in it speak for each other. */
  readonly configuration: string;
  readonly criticality: number;
  /** Why it cannot be asked; undefined when it can. */
  readonly obstacle: string | undefined;
}

export interface Chosen {
  readonly asked: readonly Candidate[];
  /** Configurations for which nobody can be asked, each by the endpoint that came closest. */
  readonly notPossible: readonly Candidate[];
}

/** Pure: for each configuration the least critical endpoint that can be asked; the id decides among equals. */
export function chooseRepresentatives(candidates: readonly Candidate[]): Chosen {
  const byConfiguration = new Map<string, Candidate>();
  const rank = (a: Candidate, b: Candidate): number =>
    Number(a.obstacle !== undefined) - Number(b.obstacle !== undefined) ||
    a.criticality - b.criticality ||
    (a.endpointId < b.endpointId ? -1 : 1);
  for (const candidate of [...candidates].sort(rank))
    if (!byConfiguration.has(candidate.configuration)) byConfiguration.set(candidate.configuration, candidate);
  const best = [...byConfiguration.values()];
  return { asked: best.filter((c) => c.obstacle === undefined), notPossible: best.filter((c) => c.obstacle !== undefined) };
}

/** What keeps an endpoint from being asked for a rehearsal. */
export function obstacleOf(endpoint: {
  readonly simulated: boolean;
  readonly connected: boolean;
  readonly revoked: boolean;
  readonly policyMode: string;
  readonly capabilities: readonly string[];
}): string | undefined {
  if (endpoint.revoked) return "It is no longer part of the fleet.";
  if (endpoint.simulated) return "It is simulated: there is no machine to copy.";
  if (endpoint.policyMode === "observe") return 'Its owner\'s policy is "observe", which allows no rehearsal.';
  if (!endpoint.capabilities.includes("rehearse")) return "Its agent does not know how to rehearse; update the agent.";
  if (!endpoint.connected) return "It is not connected.";
  return undefined;
}
