import { fail, ok, type Result } from "@breakwater/shared/core";
import { type CmdbEntry, type CmdbSoftware, type RowSays, readRow, rowKey } from "./entry.ts";
import { type CmdbColumns, type CmdbMapping, chooseColumns } from "./mapping.ts";
import { cmdbProblem } from "./problems.ts";
import { type CmdbFormat, readTable, type SetAside } from "./table.ts";

const MAX_ENTRIES = 200_000;
const MAX_SOFTWARE = 500_000;

/** A configuration database as it was read, before it is compared with anything. */
export interface CmdbReading {
  readonly columns: CmdbColumns;
  readonly entries: readonly CmdbEntry[];
  readonly software: readonly (CmdbSoftware & { readonly place: number })[];
  readonly setAside: readonly SetAside[];
}

/** Reads an export. A bad row is set aside with its place and reason; a file that says nothing of any machine fails. */
export async function readCmdb(content: string, format: CmdbFormat, mapping: CmdbMapping): Promise<Result<CmdbReading>> {
  const table = await readTable(content, format);
  if (!table.ok) return table;
  const columns = chooseColumns(table.value.header, mapping);
  if (!columns.ok) return columns;
  const gathered = gather(table.value.rows.map((row) => [row.place, readRow(row, columns.value, mapping)]));
  const setAside = [...table.value.setAside, ...gathered.setAside].sort((a, b) => a.place - b.place);
  const { entries, software } = gathered;
  if (entries.length === 0) {
    const why = setAside[0] ? `; of the first: ${setAside[0].reason}` : "";
    return fail(
      cmdbProblem.unreadable(`none of its ${table.value.rows.length + table.value.setAside.length} rows says anything of a machine${why}`),
    );
  }
  if (entries.length > MAX_ENTRIES) return fail(cmdbProblem.unreadable(`it has more than ${MAX_ENTRIES} machines`));
  if (software.length > MAX_SOFTWARE) return fail(cmdbProblem.unreadable(`it lists more than ${MAX_SOFTWARE} pieces of software`));
  return ok({ columns: columns.value, entries, software, setAside });
}

/** Brings together the rows of one machine. A row that repeats a machine and brings no software is set aside. */
function gather(rows: readonly (readonly [number, RowSays | string])[]): Pick<CmdbReading, "entries" | "software" | "setAside"> {
  const known = new Map<string, CmdbEntry>();
  const software = new Map<string, CmdbSoftware & { place: number }>();
  const setAside: SetAside[] = [];
  for (const [place, says] of rows) {
    if (typeof says === "string") {
      setAside.push({ place, what: "row", reason: says });
      continue;
    }
    const key = rowKey(says.entry);
    const before = known.get(key);
    if (before && says.software.length === 0) {
      setAside.push({ place, what: "row", reason: `the same machine stands at ${before.place} already` });
      continue;
    }
    if (!before) for (const reason of says.unread) setAside.push({ place, what: "value", reason });
    const entry = before ? merge(before, says.entry) : says.entry;
    known.set(key, entry);
    for (const s of says.software) software.set(`${entry.place} ${s.normal} ${s.version}`, { ...s, place: entry.place });
  }
  return { entries: [...known.values()], software: [...software.values()], setAside };
}

/** What the first row says counts; later ones fill in what it leaves open. */
const merge = (first: CmdbEntry, later: CmdbEntry): CmdbEntry => ({
  ...first,
  addresses: [...new Set([...first.addresses, ...later.addresses])],
  macs: [...new Set([...first.macs, ...later.macs])],
  owner: first.owner || later.owner,
  criticality: first.criticality ?? later.criticality,
  site: first.site || later.site,
  seenAt: first.seenAt ?? later.seenAt,
});
