/** What CISA's directive 26-04 asks of one vulnerability on one asset. Days are calendar days; null waits for the next upgrade of the system. */
export interface BodTimeline {
  readonly days: 3 | 14 | 60 | null;
  /** Whether the asset must also be searched for traces of an intruder. */
  readonly forensic: boolean;
}

/** The directive's four questions. */
export interface BodQuestions {
  readonly kev: boolean;
  readonly exposed: boolean;
  readonly automatable: boolean;
  readonly totalImpact: boolean;
}

const UPGRADE: BodTimeline = { days: null, forensic: false };
const SIXTY: BodTimeline = { days: 60, forensic: false };
const FOURTEEN: BodTimeline = { days: 14, forensic: false };
const THREE: BodTimeline = { days: 3, forensic: false };
const TRIAGE: BodTimeline = { days: 3, forensic: true };

/** By "KEV, exposed, automatable, total impact", 1 for yes. */
const TABLE: Readonly<Record<string, BodTimeline>> = {
  "0000": UPGRADE,
  "0001": UPGRADE,
  "0010": SIXTY,
  "0011": SIXTY,
  "0100": SIXTY,
  "0101": FOURTEEN,
  "0110": FOURTEEN,
  "0111": THREE,
  "1000": FOURTEEN,
  "1001": FOURTEEN,
  "1010": FOURTEEN,
  "1011": TRIAGE,
  "1100": FOURTEEN,
  "1101": TRIAGE,
  "1110": THREE,
  "1111": TRIAGE,
};

/** Table 1 of CISA's Binding Operational Directive 26-04 (10 June 2026), as CERT/CC publishes it (cisa_bod_26_04 1.0.0). */
export function bodTimeline({ kev, exposed, automatable, totalImpact }: BodQuestions): BodTimeline {
  const row = TABLE[[kev, exposed, automatable, totalImpact].map(Number).join("")];
  if (!row) throw new Error("the table of BOD 26-04 has every combination");
  return row;
}
