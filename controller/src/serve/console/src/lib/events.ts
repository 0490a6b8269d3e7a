import { plural } from "./format.ts";

type Data = Readonly<Record<string, unknown>>;

/** What happened, in words; a type that is not here is told by its own name. */
const happened: Readonly<Record<string, string>> = {
  "approval-key.added": "an approval key was registered",
  "certificate.issued": "a certificate was issued",
  "certificate.revoked": "a certificate was revoked",
  "cmdb.imported": "a configuration database was imported",
  "cmdb.removed": "a configuration database was removed",
  "deployment.created": "a deployment was made",
  "deployment.rolled-back": "the deployment was rolled back",
  "due-rules.changed": "the rules of due dates were changed",
  "endpoint.connected": "connected",
  "endpoint.disconnected": "disconnected",
  "endpoint.enrolled": "enrolled",
  "endpoint.removed": "was removed",
  "endpoint.updated": "what operators say of it was changed",
  "execution.reported": "the endpoint reported",
  "execution.report-noted": "a late report was noted",
  "fleet.imported": "a fleet file was imported",
  "finding.closed": "closed",
  "finding.opened": "found",
  "finding.restart-needed": "patched, and the old code still runs",
  "finding.returned": "open again",
  "finding.set-aside": "set aside by a decision",
  "intel.changed": "a feed was read",
  "inventory.changed": "told its inventory",
  "join-token.created": "a join token was made",
  "join-token.revoked": "a join token was revoked",
  "plan.approved": "the plan was signed",
  "plan.discarded": "the plan was discarded",
  "plan.proposed": "a plan was proposed",
  "rehearsal.ended": "a rehearsal ended",
  "rehearsal.requested": "a rehearsal was asked for",
  "session.opened": "signed in",
  "suppression.created": "a suppression began",
  "suppression.ended": "a suppression ended",
  "token.created": "an API token was made",
  "token.revoked": "an API token was revoked",
  "topology.changed": "zones or load balancers were changed",
  "updates.described": "read changelogs",
  "user.created": "a user was added",
  "user.updated": "a user was changed",
  "vex.imported": "a VEX document was taken in",
  "vex.removed": "a VEX document was taken out",
  "vex.trust-changed": "whose statements are believed was changed",
  "wave.baking": "the wave is watched",
  "wave.branch-taken": "a branch of the rollback tree was taken",
  "wave.trigger-held": "a trigger holds",
  "wave.verdict-changed": "the verdict on the wave changed",
};
export const wordsOf = (type: string): string => happened[type] ?? type.replace(".", " ").replaceAll("-", " ");

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): string[] => (Array.isArray(value) ? value.filter((v): v is string => typeof v === "string") : []);

/** What the event says beyond its name, short; "" where it says nothing that a person would read. */
export function detailOf(type: string, data: Data): string {
  const n = typeof data.count === "number" ? data.count : null;
  if (type.startsWith("finding.") && n !== null) {
    const named = list(data.vulnerabilities);
    return `${plural(n, "finding")}${named.length ? `: ${named.slice(0, 3).join(", ")}${named.length > 3 ? ` and ${named.length - 3} more` : ""}` : ""}`;
  }
  if (type === "updates.described" && n !== null) return `of ${plural(n, "update")}`;
  if (type === "inventory.changed" && typeof data.changed === "number")
    return `${data.kind === "snapshot" ? "the whole" : "a change"}, ${plural(data.changed, "entry", "entries")}${data.removed ? `, ${data.removed} gone` : ""}`;
  if (type === "intel.changed" && typeof data.records === "number")
    return `${plural(data.records, "record")}${data.rejects ? `, ${data.rejects} set aside` : ""}`;
  return [
    text(data.waveName),
    text(data.verdict),
    text(data.reason) || text(data.why) || text(data.summary) || text(data.sentence),
    text(data.title),
    text(data.message),
    text(data.hostname) || text(data.name),
  ]
    .filter(Boolean)
    .join(": ");
}

/** Who did it: people by name, endpoints as themselves, the controller by what it was doing. */
export function whoOf(actor: string, subject = ""): string {
  if (actor === subject) return "itself";
  const made: Readonly<Record<string, string>> = { intel: "matching", engine: "the rollout engine", gateway: "the gateway" };
  return made[actor] ?? actor.replace(/^user:/, "");
}

/** Where the console shows a subject; undefined where it has no page. */
export function pageOf(subject: string): string | undefined {
  const [kind, id] = [subject.slice(0, subject.indexOf(":")), subject.slice(subject.indexOf(":") + 1)];
  const folder = { endpoint: "fleet", deployment: "deployments", plan: "plans" }[kind];
  if (folder && /^[\w-]+$/.test(id)) return `/${folder}/${id}`;
  const page = { feed: "/settings", "join-token": "/settings", user: "/settings", "approval-key": "/settings" }[kind];
  return page;
}
