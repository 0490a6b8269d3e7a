import type { TraceLine } from "./trace.ts";

/** Who belongs to which wave, and how many of it may run at once: as the approved plan says it. */
export interface CheckedWave {
  readonly stretch?: string | undefined;
  readonly endpointIds: readonly string[];
  readonly maxConcurrent: number;
  readonly gate: { readonly bakeMs: number };
}

/** The signed rails of a plan that grows by belief. */
export interface CheckedRails {
  readonly largestFactor: number;
  readonly ceiling: number;
}

/**
 * The plan's waves as the trace has cut them so far. What is not yet decided of a stretch is one wave here: who is in it
 * matters to nobody before its gate. Each endpoint brings the limits of the wave that it was signed in.
 */
export function checkedWaves(signed: readonly CheckedWave[], rails: CheckedRails | undefined, redundancy: ReadonlyMap<string, Group>) {
  const own = new Map(signed.flatMap((w) => w.endpointIds.map((id) => [id, w] as const)));
  let waves = [...signed];
  let waveOf = numbered(waves);

  const limitsOf = (ids: readonly string[]) => ({
    maxConcurrent: Math.min(...ids.map((id) => own.get(id)?.maxConcurrent ?? 0)),
    gate: { bakeMs: Math.max(...ids.map((id) => own.get(id)?.gate.bakeMs ?? 0)) },
  });

  return {
    of: (id: string): number | undefined => waveOf.get(id),
    at: (wave: number): CheckedWave | undefined => waves[wave],
    /** Takes the cut in. @returns what of it the signed plan does not allow */
    cut(line: TraceLine, begun: (id: string) => boolean): string[] {
      const wave = line.wave ?? -1;
      const chosen = [...(line.more?.endpoints ?? [])];
      const stretch = waves[wave]?.stretch;
      let end = wave;
      while (stretch !== undefined && waves[end + 1]?.stretch === stretch) end += 1;
      const pool = waves.slice(wave, end + 1).flatMap((w) => w.endpointIds);
      const rest = pool.filter((id) => !chosen.includes(id));
      const before = waves[wave - 1]?.endpointIds.length ?? 0;
      const found = railsLeft(chosen.length, before, rails);
      if (stretch === undefined || chosen.length === 0 || chosen.some((id) => !pool.includes(id)))
        found.push(`wave ${wave} was given endpoints that the plan does not hold there`);
      if (chosen.some(begun)) found.push(`wave ${wave} was given endpoints that had begun`);
      for (const [name, { members, spare }] of redundancy) {
        const together = chosen.filter((id) => members.includes(id)).length;
        if (together > Math.max(1, spare)) found.push(`wave ${wave} was given ${together} of group ${name}, which can spare ${spare}`);
      }
      const next = rest.length === 0 ? [] : [{ stretch, endpointIds: rest, ...limitsOf(rest) }];
      waves = [...waves.slice(0, wave), { stretch, endpointIds: chosen, ...limitsOf(chosen) }, ...next, ...waves.slice(end + 1)];
      waveOf = numbered(waves);
      return found;
    },
  };
}

export interface Group {
  readonly members: readonly string[];
  readonly spare: number;
}

const numbered = (waves: readonly CheckedWave[]): Map<string, number> =>
  new Map(waves.flatMap((w, i) => w.endpointIds.map((id) => [id, i] as const)));

function railsLeft(size: number, before: number, rails: CheckedRails | undefined): string[] {
  if (!rails) return ["waves grew, which the plan does not allow"];
  const found: string[] = [];
  const most = Math.min(rails.ceiling, before * rails.largestFactor);
  if (size > most) found.push(`a wave of ${size} came after one of ${before}; the plan allows ${most}`);
  return found;
}
