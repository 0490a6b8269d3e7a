import { fail, ok, type Result } from "@breakwater/shared/core";
import { z } from "zod";
import { cmdbProblem } from "./problems.ts";

/** What can be read of a machine. */
export const CMDB_FIELDS = [
  "name",
  "addresses",
  "macs",
  "serial",
  "machineId",
  "owner",
  "criticality",
  "site",
  "status",
  "seenAt",
  "softwareName",
  "softwareVersion",
] as const;
export type CmdbField = (typeof CMDB_FIELDS)[number];

const column = z.string().min(1).max(200);
const columns = z.union([column.transform((c) => [c]), z.array(column).max(20)]);

/** Which column is what, where the usual names do not tell, and how values are meant. */
export const cmdbMappingSchema = z.strictObject({
  columns: z.partialRecord(z.enum(CMDB_FIELDS), columns).default({}),
  /** 1 (expendable) to 5 (the business stops), by the file's own words. */
  criticalities: z.record(z.string().max(200), z.number().int().min(1).max(5)).default({}),
  /** Statuses that mean that a machine is out of use, instead of the usual words. */
  retired: z.array(z.string().max(200)).max(100).optional(),
  /** Names of software as the file has them, and what packages call it. */
  softwareNames: z.record(z.string().max(400), z.string().min(1).max(200)).default({}),
});
export type CmdbMapping = z.infer<typeof cmdbMappingSchema>;

/**
 * Usual names, the weightiest first, by their letters and digits alone: of ServiceNow (cmdb_ci_server, software
 * installations), GLPI (computers) and NetBox (devices, virtual machines).
 */
const USUAL: Readonly<Record<CmdbField, readonly string[]>> = {
  name: [
    "name",
    "hostname",
    "fqdn",
    "dnsname",
    "ciname",
    "computername",
    "computer",
    "devicename",
    "device",
    "servername",
    "server",
    "host",
    "installedon",
    "virtualmachine",
  ],
  addresses: [
    "ipaddress",
    "ipaddresses",
    "ip",
    "ips",
    "primaryip",
    "primaryip4",
    "primaryip6",
    "primaryipv4",
    "primaryipv6",
    "primaryip4address",
    "primaryip6address",
    "ipv4",
    "ipv6",
    "ipv4address",
    "ipv6address",
    "managementip",
    "networkip",
    "networkportsip",
    "networkportsipaddress",
  ],
  macs: ["macaddress", "macaddresses", "mac", "macs", "networkmac", "networkportsmac", "networkportsmacaddress", "interfacesmacaddress"],
  serial: ["serialnumber", "serial", "serialno", "sn"],
  machineId: ["machineid", "uuid", "systemuuid", "biosuuid", "smbiosuuid"],
  owner: [
    "owner",
    "ownedby",
    "managedby",
    "supportgroup",
    "technicianinchargeofthehardware",
    "technicianincharge",
    "assignedto",
    "tenant",
    "contact",
    "user",
  ],
  criticality: ["criticality", "businesscriticality", "importance"],
  site: ["site", "location", "datacenter", "entity"],
  status: ["installstatus", "operationalstatus", "status", "state", "lifecyclestage"],
  seenAt: [
    "mostrecentdiscovery",
    "lastdiscovered",
    "lastseen",
    "lastinventory",
    "lastinventorydate",
    "lastscan",
    "sysupdatedon",
    "lastupdated",
    "lastupdate",
    "updatedon",
    "updated",
    "lastmodified",
  ],
  softwareName: ["softwarename", "software", "installedsoftware", "applicationname", "application", "packagename", "package"],
  softwareVersion: ["softwareversion", "applicationversion", "packageversion", "version"],
};
const RETIRED = new Set(["retired", "decommissioned", "decommissioning", "disposed", "absent", "stolen", "scrapped", "sold", "archived"]);

/** Where several columns may tell the same, all are read of these, and the first that says something of the others. */
const MANY: ReadonlySet<CmdbField> = new Set(["name", "addresses", "macs", "machineId"]);

/** ServiceNow's words for how critical a machine is, and common ones. Bare numbers are not among them: nothing says which end is high. */
const CRITICALITIES: Readonly<Record<string, number>> = {
  ...{ "1 - most critical": 5, "2 - somewhat critical": 4, "3 - less critical": 2, "4 - not critical": 1 },
  ...{ "most critical": 5, "somewhat critical": 4, "less critical": 2, "not critical": 1 },
  ...{
    "mission critical": 5,
    "business critical": 4,
    "very high": 5,
    critical: 5,
    high: 4,
    medium: 3,
    moderate: 3,
    normal: 3,
    low: 2,
    "very low": 1,
    none: 1,
  },
};

export type CmdbColumns = Readonly<Partial<Record<CmdbField, readonly string[]>>>;

/** @returns the reason why it cannot be used, with its place */
export function parseCmdbMapping(wanted: unknown): Result<CmdbMapping> {
  const parsed = cmdbMappingSchema.safeParse(wanted ?? {});
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return fail(cmdbProblem.mapping(`${issue?.path.join(".") || "the mapping"}: ${issue?.message}`));
}

const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Which of a file's columns is what: what the mapping says, else the usual names. */
export function chooseColumns(header: readonly string[], mapping: CmdbMapping): Result<CmdbColumns> {
  const chosen: Partial<Record<CmdbField, readonly string[]>> = {};
  for (const field of CMDB_FIELDS) {
    const named = mapping.columns[field];
    if (named) {
      const missing = named.find((name) => !header.includes(name));
      if (missing !== undefined)
        return fail(cmdbProblem.mapping(`columns.${field}: the file has no column "${missing}"; it has ${header.slice(0, 30).join(", ")}`));
      chosen[field] = named;
      continue;
    }
    const usual = USUAL[field].flatMap((name) => header.filter((h) => plainName(h) === name));
    if (usual.length > 0) chosen[field] = usual;
  }
  // A machine's own version, or its model's, is none of a piece of software.
  if (!chosen.softwareName) delete chosen.softwareVersion;
  if (!["name", "addresses", "macs", "serial", "machineId"].some((field) => chosen[field as CmdbField]))
    return fail(
      cmdbProblem.unreadable(
        `no column tells one machine from another (name, address, serial number, machine id); it has ${header.slice(0, 30).join(", ") || "none"}`,
      ),
    );
  return ok(chosen);
}

/** The values of a field in one row, from the columns that were chosen for it. */
export function valuesOf(field: CmdbField, columns: CmdbColumns, read: (column: string) => readonly string[]): readonly string[] {
  const told = (columns[field] ?? []).map(read).filter((values) => values.length > 0);
  return MANY.has(field) ? told.flat() : (told[0] ?? []);
}

/** @returns null where nothing is said, "unreadable" where it is in words that nobody explained */
export function criticalityOf(text: string, mapping: CmdbMapping): number | null | "unreadable" {
  const said = text.trim();
  if (said === "") return null;
  return mapping.criticalities[said] ?? CRITICALITIES[said.toLowerCase()] ?? "unreadable";
}

export const isRetired = (status: string, mapping: CmdbMapping): boolean =>
  mapping.retired
    ? mapping.retired.some((word) => word.toLowerCase() === status.trim().toLowerCase())
    : RETIRED.has(status.trim().toLowerCase());
