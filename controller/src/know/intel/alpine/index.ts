import { compareVersions } from "@breakwater/shared/version";
import { z } from "zod";
import type { JsonFeed } from "../adapter.ts";
import { type AffectedRange, CVE_ID } from "../records.ts";
import { releaseOf } from "../release.ts";

/** One repository of one release: for each source package the versions that fixed something. @see https://secdb.alpinelinux.org */
const SecDb = z.object({
  distroversion: z.string(),
  reponame: z.string().default("main"),
  packages: z.array(z.object({ pkg: z.unknown() })),
});
const Package = z.object({ name: z.string().min(1), secfixes: z.record(z.string(), z.array(z.string()).nullable()) });

/**
 * Alpine's security database. A version "0" means that no version of the package was ever affected. The database lists what was
 * fixed: of a vulnerability without a fix it says nothing.
 */
export const alpine: JsonFeed = {
  kind: "alpine",
  recognises: (document) => "distroversion" in document && Array.isArray(document.packages) && "reponame" in document,
  take(document, name, sink) {
    const parsed = SecDb.parse(document);
    const distribution = releaseOf("alpine", parsed.distroversion);
    if (!distribution) throw new Error(`${JSON.stringify(parsed.distroversion)} is no release of Alpine`);
    const byCve = new Map<string, AffectedRange[]>();
    for (const { pkg } of parsed.packages) {
      const entry = Package.safeParse(pkg);
      if (!entry.success) {
        sink.reject(name, `not a package of the database: ${z.prettifyError(entry.error).slice(0, 200)}`);
        continue;
      }
      for (const [fixed, names] of Object.entries(entry.data.secfixes)) {
        if (fixed !== "0" && compareVersions("apk", fixed, fixed) === "?") {
          sink.reject(`${name} ${entry.data.name}`, `${JSON.stringify(fixed)} is no apk version`);
          continue;
        }
        const range = { distribution, ecosystem: "apk", package: entry.data.name, introduced: "0", fixed, lastAffected: null, urgency: "" };
        // One entry may name several, as in "CVE-2020-1 GHSA-x".
        for (const cve of (names ?? []).flatMap((n) => n.split(/[\s,]+/)).filter((n) => CVE_ID.test(n)))
          byCve.set(cve, [...(byCve.get(cve) ?? []), range]);
      }
    }
    for (const [cve, affected] of byCve)
      sink.advisory({
        id: `ALPINE-${distribution.slice("alpine:".length)}-${parsed.reponame}-${cve}`,
        ...{ summary: "", published: null, modified: null, withdrawn: false, vulnerabilities: [cve], affected },
      });
  },
};
