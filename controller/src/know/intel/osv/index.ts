import type { JsonFeed } from "../adapter.ts";
import { readOsvRecord } from "./record.ts";

export { readOsvRecord } from "./record.ts";

/** OSV records, as osv.dev publishes them by ecosystem, and as many projects publish their own. */
export const osv: JsonFeed = {
  kind: "osv",
  recognises: (document) => "id" in document && ("affected" in document || "modified" in document) && !("vulnerabilities" in document),
  take(document, name, sink) {
    const { advisory, vulnerability } = readOsvRecord(document, (reason) => sink.reject(name, reason));
    sink.advisory(advisory);
    if (vulnerability) sink.vulnerability(vulnerability);
  },
};
