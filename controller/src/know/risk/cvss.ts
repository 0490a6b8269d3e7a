// A CommonJS bundle: only its default export is seen by Node.
import cvssCalculator from "ae-cvss-calculator";

const { Cvss3P0, Cvss3P1, fromVector } = cvssCalculator;

/** How an attacker must be placed; "unknown" counts as the network. */
export type AttackVector = "network" | "adjacent" | "local" | "physical" | "unknown";

/** What the risk score takes from a CVSS vector. */
export interface CvssFacts {
  /** 0-10 */
  readonly baseScore: number;
  /** 0-1: what is lost when it is exploited, without how likely that is. */
  readonly impact: number;
  readonly attackVector: AttackVector;
}

const VECTORS: Readonly<Record<string, AttackVector>> = { N: "network", A: "adjacent", L: "local", P: "physical" };
/** Largest impact subscore of CVSS 3 (scope changed). */
const MAX_V3_IMPACT = 6.1;
/** Vectors repeat, and CVSS 4 costs 80 microseconds each. Distinct vectors in use are a few thousand. */
const MAX_REMEMBERED = 20_000;
const remembered = new Map<string, CvssFacts | null>();

/** Reads a vector of CVSS 2.0, 3.x or 4.0; null when it is none. Remembers what it read: the same vector has the same answer. */
export function readCvss(vector: string): CvssFacts | null {
  const known = remembered.get(vector);
  if (known !== undefined) return known;
  const facts = calculate(vector);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(vector, facts);
  return facts;
}

function calculate(vector: string): CvssFacts | null {
  try {
    const cvss = fromVector(vector);
    if (!cvss) return null;
    const baseScore = cvss.calculateScores().overall;
    const attackVector = VECTORS[/(?:^|\/)AV:([NALP])/.exec(vector)?.[1] ?? ""] ?? "unknown";
    const impact =
      cvss instanceof Cvss3P1 || cvss instanceof Cvss3P0
        ? (cvss.calculateScores().impact ?? 0) / MAX_V3_IMPACT
        : (impactOfParts(vector) ?? baseScore / 10);
    return { baseScore, impact: Math.min(1, Math.max(0, impact)), attackVector };
  } catch {
    return null;
  }
}

const LOSSES: Readonly<Record<string, number>> = { H: 0.56, C: 0.66, L: 0.22, P: 0.275, N: 0 };

/** CVSS 2 and 4 by the confidentiality, integrity and availability of the vulnerable system, combined as CVSS 3 does. */
function impactOfParts(vector: string): number | undefined {
  const losses = ["C", "I", "A"].map((part) => LOSSES[new RegExp(`/V?${part}:([HCLPN])`).exec(vector)?.[1] ?? ""]);
  if (losses.some((loss) => loss === undefined)) return undefined;
  const kept = losses.reduce<number>((product, loss) => product * (1 - (loss ?? 0)), 1);
  return (1 - kept) / (1 - 0.44 ** 3);
}
