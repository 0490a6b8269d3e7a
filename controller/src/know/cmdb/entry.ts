import { parseInstant } from "@breakwater/shared/core";
import { addressOf, hostNameOf, machineIdOf, macOf, serialOf, softwareNormal, softwareOf, tellsMachinesApart } from "./identifiers.ts";
import { type CmdbColumns, type CmdbMapping, criticalityOf, isRetired, valuesOf } from "./mapping.ts";
import type { CmdbRow } from "./table.ts";

/** One machine as a configuration database describes it. "" and null: it says nothing of that. */
export interface CmdbEntry {
  /** Where it stands: line of a CSV file, position in a JSON list. */
  readonly place: number;
  /** As written, without repeats; the first is shown. */
  readonly names: readonly string[];
  readonly machineIds: readonly string[];
  readonly serial: string;
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  readonly owner: string;
  readonly criticality: number | null;
  readonly site: string;
  readonly status: string;
  readonly retired: boolean;
  /** RFC 3339: when the database itself last saw or changed it. */
  readonly seenAt: string | null;
}
export interface CmdbSoftware {
  readonly normal: string;
  readonly name: string;
  readonly version: string;
}
/** What one row says. */
export interface RowSays {
  readonly entry: CmdbEntry;
  readonly software: readonly CmdbSoftware[];
  /** Values that could not be read, and why. */
  readonly unread: readonly string[];
}

/** Of one kind of identifier of one machine. */
const MAX_OF_A_KIND = 64;
const MAX_TEXT = 200;

/** @returns what the row says, or why it says nothing of any machine */
export function readRow(row: CmdbRow, columns: CmdbColumns, mapping: CmdbMapping): RowSays | string {
  const unread: string[] = [];
  const all = (field: Parameters<typeof valuesOf>[0]) => valuesOf(field, columns, row.values);
  const text = (field: Parameters<typeof valuesOf>[0]) => (all(field)[0] ?? "").slice(0, MAX_TEXT);
  const names = distinct(all("name").map((n) => n.slice(0, MAX_TEXT)));
  const machineIds = readable(all("machineId"), machineIdOf, "no machine id or UUID", unread);
  const addresses = readable(apart(all("addresses")), addressOf, "no IP address", unread).filter(tellsMachinesApart);
  const macs = readable(apart(all("macs")), macOf, "no hardware address", unread);
  const serial = serialOf(text("serial"));
  if (names.length + machineIds.length + addresses.length + macs.length === 0 && serial === "")
    return unread[0] ?? "it has neither name, address, serial number nor machine id";
  const status = text("status");
  return {
    entry: {
      ...{ place: row.place, names, machineIds, serial, addresses, macs },
      ...{ owner: text("owner"), site: text("site"), status, retired: isRetired(status, mapping) },
      criticality: readCriticality(text("criticality"), mapping, unread),
      seenAt: readMoment(text("seenAt"), unread),
    },
    software: readSoftware(row, columns, mapping),
    unread,
  };
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)].slice(0, MAX_OF_A_KIND);
/** Several addresses in one cell. */
const apart = (values: readonly string[]): string[] => values.flatMap((v) => v.split(/[\s,;|]+/)).filter((v) => v !== "");

function readable(values: readonly string[], read: (text: string) => string, what: string, unread: string[]): string[] {
  return distinct(
    values.flatMap((value) => {
      const known = read(value);
      if (known === "") unread.push(`"${value.slice(0, 60)}" is ${what}`);
      return known === "" ? [] : [known];
    }),
  );
}

function readCriticality(said: string, mapping: CmdbMapping, unread: string[]): number | null {
  const criticality = criticalityOf(said, mapping);
  if (criticality !== "unreadable") return criticality;
  unread.push(`the criticality "${said.slice(0, 60)}" is not known: say what it means in the mapping, under criticalities`);
  return null;
}

/** RFC 3339, or "2026-03-01 08:15:00" and "2026-03-01" as exports have it, taken as UTC. */
function readMoment(said: string, unread: string[]): string | null {
  if (said === "") return null;
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?$/.exec(said) ?? [];
  const at = parseInstant(day ? `${day}T${time ? (time.length === 5 ? `${time}:00` : time) : "00:00:00"}Z` : said);
  if (at === undefined) unread.push(`"${said.slice(0, 60)}" is no day of the form 2026-03-01`);
  return at === undefined ? null : new Date(at).toISOString();
}

const NAME_KEYS = ["name", "display_name", "softwareName", "product"];
const VERSION_KEYS = ["version", "softwareVersion"];

function readSoftware(row: CmdbRow, columns: CmdbColumns, mapping: CmdbMapping): CmdbSoftware[] {
  const version = valuesOf("softwareVersion", columns, row.values)[0] ?? "";
  const objects = (columns.softwareName ?? []).flatMap((column) => {
    const raw = row.raw(column);
    return Array.isArray(raw) ? raw.filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null) : [];
  });
  const listed = valuesOf("softwareName", columns, row.values);
  const said: [string, string][] =
    objects.length > 0
      ? objects.map((o) => [textOf(o, NAME_KEYS), textOf(o, VERSION_KEYS)])
      : // A version beside a list is nobody's.
        listed.map((name) => [name, listed.length === 1 ? version : ""]);
  return said.flatMap(([name, told]) => {
    const called = mapping.softwareNames[name];
    const software = called === undefined ? softwareOf(name, told) : { name: called, version: told };
    const normal = softwareNormal(software.name);
    return normal === "" ? [] : [{ normal, name: software.name.slice(0, MAX_TEXT), version: software.version.slice(0, MAX_TEXT) }];
  });
}

function textOf(object: Record<string, unknown>, keys: readonly string[]): string {
  for (const key of keys) {
    const value = object[key];
    if (typeof value === "string" || typeof value === "number") return String(value).trim();
  }
  return "";
}

/** The same machine in another row: exports of software have one row for each piece. */
export const rowKey = ({ names, serial, machineIds }: CmdbEntry): string =>
  JSON.stringify([names.map(hostNameOf).sort(), serial, [...machineIds].sort()]);
