import type { z } from "zod";
import type { planSchema, rehearsalsSchema } from "../../api/schemas/index.ts";

type Plan = z.infer<typeof planSchema>;

/** What the API tells of a plan whose first endpoint failed its rehearsal, in the shape and length of a real host's. */
export function failedRehearsal(plan: Plan): z.infer<typeof rehearsalsSchema> {
  const action = plan.actions[0];
  const packages = (action?.packages ?? []).map((p) => ({
    ...{ name: p.name, architecture: p.architecture, before: p.from, wanted: p.to },
    ...{ after: `${p.to} (half-configured)`, afterRollback: p.from },
  }));
  const reason = `installed ${packages[0]?.name} package post-installation script subprocess returned error exit status 1`;
  const step = { outcome: "ok" as const, detail: "", output: "" };
  return {
    standing: { state: "failed", sentence: `Rehearsed, and it failed on 1 endpoint: ${reason}` },
    rows: [
      {
        ...{ id: "rh_1", endpointId: action?.endpointId ?? "", hostname: action?.hostname ?? "", revision: plan.revision },
        ...{ requestedAt: "2026-11-24T10:00:00.000Z", requestedBy: "user:ada", finishedAt: "2026-11-24T10:00:31.000Z" },
        ...{ state: "ended", step: "verify-rollback", verdict: "failed", failureClass: "maintainer-script", reason, superseded: false },
        report: {
          ...{ verdict: "failed", level: "booted", failureClass: "maintainer-script", reason },
          blindTo: ["There is no network in the copy: what needs other machines is not seen."],
          warnings: ["shop takes 41.2 ms after the change, 21 ms before (medians of 150 and 20)."],
          steps: [
            { ...step, name: "boot", seconds: 3.2, detail: "The copy is running." },
            {
              name: "apply",
              outcome: "failed",
              seconds: 2.2,
              detail: "The package manager exited 100.",
              output: `dpkg: error processing package\n ${reason}\n`,
            },
            { ...step, name: "rollback", seconds: 3.3, detail: "Every package is as it was before." },
          ],
          packages,
          checks: [
            {
              name: "shop",
              samplesBefore: 20,
              failuresBefore: 0,
              medianMsBefore: 21,
              samplesAfter: 150,
              failuresAfter: 1,
              medianMsAfter: 41.2,
              detail: "HTTP 500",
            },
          ],
          configurationReviews: ["/etc/shop.conf.dpkg-dist"],
          ...{ filesOutside: ["/opt/stray"], filesOutsideCount: 1, restartedUnits: ["shop.service"] },
          cost: { seconds: 24, cpuSeconds: 7.6, diskBytes: 58_159_104, memoryPeakBytes: 219_275_264 },
          host: { untouched: true, digestBefore: "1".repeat(64), digestAfter: "1".repeat(64), differences: [] },
        },
      },
    ],
  };
}
