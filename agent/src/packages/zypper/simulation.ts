import { fail, ok, type Result } from "@breakwater/shared/core";
import type { ManagerFailure, Simulation } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { askZypper, type Question } from "./ask.ts";
import { INSTALL_OPTIONS } from "./environment.ts";
import { elements, plainText } from "./xml.ts";

/** What zypper says beforehand of a transaction. */
export interface Summary extends Simulation {
  /** Packages that would come from somebody else than now. */
  readonly vendorChanges: readonly string[];
  readonly downloadBytes: number;
  readonly growthBytes: number;
}

const COMING = ["to-install", "to-upgrade", "to-downgrade", "to-reinstall"].flatMap((s) => [s, `${s}-change-arch`]);

/** Pure: the summary in zypper's output; undefined when there is none. Patterns and products are told by their kind, so that no plan has them. */
export function readSummary(xml: string): Summary | undefined {
  const [summary] = elements(xml, "install-summary");
  if (!summary) return undefined;
  const of = (section: string) =>
    elements(summary.inside, section).flatMap((s) => elements(s.inside, "solvable").map(({ attributes: a }) => a));
  const named = (a: Readonly<Record<string, string>>) => (a.type === "package" ? (a.name ?? "") : `${a.type}:${a.name}`);
  const coming = COMING.flatMap(of);
  const moved = coming.filter((a) => a["arch-old"] !== undefined && a["arch-old"] !== a.arch);
  return {
    installs: coming.map((a) => ({
      name: named(a),
      architecture: a.arch ?? "",
      from: moved.includes(a) ? "" : (a["edition-old"] ?? ""),
      to: a.edition ?? "",
    })),
    removes: [
      ...of("to-remove").map((a) => ({ name: named(a), architecture: a.arch ?? "", version: a.edition ?? "" })),
      ...moved.map((a) => ({ name: named(a), architecture: a["arch-old"] ?? "", version: a["edition-old"] ?? "" })),
    ],
    vendorChanges: of("to-change-vendor").map(named),
    downloadBytes: Number(summary.attributes["download-size"]) || 0,
    growthBytes: Number(summary.attributes["space-usage-diff"]) || 0,
  };
}

/**
 * What installing would do, computed by zypper's solver. Its licenses are asked for too, and nobody agrees to one here.
 * @param what Packages as NAME.ARCH=VERSION, or files.
 */
export async function simulateInstall(
  run: Run,
  what: readonly string[],
  question: Question,
  more: readonly string[] = [],
): Promise<Result<Summary, ManagerFailure>> {
  const words = ["install", ...more, "--dry-run", "--details", ...INSTALL_OPTIONS, "--", ...what];
  const told = await askZypper(run, words, question);
  if (!told.ok) return told;
  const summary = readSummary(told.value);
  return summary
    ? ok(summary)
    : fail({ failureClass: "simulation-differs", message: "zypper's answer cannot be read.", output: plainText(told.value).slice(-4_096) });
}
