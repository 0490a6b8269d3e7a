import { boolean, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { moment } from "./fleet.ts";

/** One configuration database, as its last import left it. */
export const cmdbSource = pgTable("cmdb_source", {
  name: text().primaryKey(),
  /** "csv" | "json" */
  format: text().notNull(),
  /** SHA-256 of what was imported. */
  digest: text().notNull(),
  importedAt: moment("imported_at").notNull(),
  importedBy: text("imported_by").notNull(),
  entries: integer().notNull(),
  software: integer().notNull(),
  /** Which columns were read as what. */
  columns: jsonb().$type<Record<string, string[]>>().notNull(),
  setAsideCount: integer("set_aside_count").notNull(),
  /** Rows and values that could not be used, and why; the first of them. */
  setAside: jsonb("set_aside").$type<unknown[]>().notNull(),
});

/** One machine as a configuration database describes it. */
export const cmdbEntry = pgTable(
  "cmdb_entry",
  {
    source: text().notNull(),
    /** Line of a CSV file, or position in a JSON list, from 1. */
    place: integer().notNull(),
    names: jsonb().$type<string[]>().notNull(),
    machineIds: jsonb("machine_ids").$type<string[]>().notNull(),
    serial: text().notNull().default(""),
    addresses: jsonb().$type<string[]>().notNull(),
    macs: jsonb().$type<string[]>().notNull(),
    owner: text().notNull().default(""),
    /** 1 (expendable) to 5; null where it says none that could be read. */
    criticality: integer(),
    site: text().notNull().default(""),
    status: text().notNull().default(""),
    /** Out of use, as its status says. */
    retired: boolean().notNull().default(false),
    /** When the database itself last saw or changed it. */
    seenAt: moment("seen_at"),
  },
  (t) => [primaryKey({ columns: [t.source, t.place] })],
);

/** Software that a configuration database lists for one of its machines. */
export const cmdbSoftware = pgTable(
  "cmdb_software",
  {
    source: text().notNull(),
    place: integer().notNull(),
    /** Lower case letters, digits, "+" and "#" of its name: what names are compared by. */
    normal: text().notNull(),
    name: text().notNull(),
    version: text().notNull().default(""),
  },
  (t) => [primaryKey({ columns: [t.source, t.place, t.normal, t.version] })],
);
