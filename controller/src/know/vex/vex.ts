import { createHash } from "node:crypto";
import { type Clock, fail, formatInstant, newId, ok, type Problem, type Result } from "@breakwater/shared/core";
import { and, desc, eq, isNull } from "drizzle-orm";
import { recordEvents, type Store, schema } from "../../store/index.ts";
import { batches } from "../rows.ts";
import { readTrust, writeTrust } from "./believed.ts";
import { type ExportScope, ownStatements } from "./export.ts";
import { findMatches, type UnmatchedStatement } from "./matches.ts";
import { type Product, productOf } from "./product.ts";
import { readVex } from "./read.ts";
import { type LeftOut, VEX_FORMATS, type VexFormat, type VexStatement } from "./statement.ts";
import { rankOf, signerOf, type TrustedAuthor, trustSchema } from "./trust.ts";
import { type VexAuthor, writeVex } from "./write.ts";

const { vexDocument, vexStatement } = schema;
const STATEMENTS_AT_ONCE = 1_000;
/** Vulnerabilities that an event names; where a document has more, everybody's findings are looked at again. */
const MAX_NAMED = 1_000;
/** Parts left out that are kept with a document; their number is told. */
const MAX_KEPT = 200;

/** What taking in a document came to. */
export interface VexImport {
  readonly id: string;
  readonly documentId: string;
  readonly author: string;
  readonly statements: number;
  /** null: its statements are kept and count for nothing, for the reason given. */
  readonly rank: number | null;
  readonly notBelieved: string | null;
  /** The same bytes had been taken in before. */
  readonly known: boolean;
  readonly replaces: string | null;
  readonly leftOut: readonly LeftOut[];
  readonly unmatched: readonly UnmatchedStatement[];
}

export interface VexDocumentRow {
  readonly id: string;
  readonly format: VexFormat;
  readonly documentId: string;
  readonly version: string;
  readonly author: string;
  readonly timestamp: string;
  readonly importedAt: string;
  readonly importedBy: string;
  readonly statements: number;
  readonly signed: boolean;
  readonly rank: number | null;
  readonly notBelieved: string | null;
  readonly leftOut: readonly LeftOut[];
}

/** Statements of vendors and others about vulnerabilities in products, and who of them is believed. */
export function createVex({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  const { db } = store;
  return {
    /** Takes in a document, the whole of it or nothing. `signature`: Ed25519 over the text's UTF-8 bytes. */
    async importDocument(text: string, signature: Uint8Array | null, actor: string): Promise<Result<VexImport>> {
      const read = readVex(text);
      if (!read.ok) return read;
      const document = read.value;
      const products = document.statements.map((s) => [s, productOf(s.purl)] as const);
      const leftOut = [
        ...document.leftOut,
        ...products.flatMap(([s, p]) => ("reason" in p ? [{ place: s.place, reason: `${s.purl.slice(0, 200)}: ${p.reason}` }] : [])),
      ];
      const usable = products.flatMap(([statement, product]) => ("reason" in product ? [] : [{ statement, product }]));
      const bytes = Buffer.from(text);
      const digest = createHash("sha256").update(bytes).digest("hex");
      return db.transaction(async (tx): Promise<Result<VexImport>> => {
        const trusted = await readTrust(tx);
        const keyId = signature === null ? "" : signerOf(bytes, signature, trusted);
        if (keyId === undefined) return fail(vexProblem.signature());
        const { author, authorUri, documentId, version } = document;
        const belief = rankOf({ author, authorUri, keyId }, trusted);
        const answer = {
          ...{ documentId, author, statements: usable.length, leftOut, unmatched: await findMatches(tx, usable) },
          ...{ rank: belief.rank, notBelieved: belief.rank === null ? belief.why : null },
        };
        const held = await tx
          .select()
          .from(vexDocument)
          .where(and(eq(vexDocument.documentId, documentId), eq(vexDocument.author, author), isNull(vexDocument.retiredAt)));
        const same = held.find((d) => d.digest === digest && d.keyId === keyId);
        if (same) return ok({ id: same.id, known: true, replaces: null, ...answer });
        const newer = held.find((d) => Date.parse(d.timestamp) > document.timestamp);
        if (newer) return fail(vexProblem.older(documentId, newer.version, newer.timestamp));
        const now = clock.now();
        const id = newId<string>("vx");
        for (const old of held)
          await tx
            .update(vexDocument)
            .set({ retiredAt: formatInstant(now), retiredBecause: `replaced by version ${version}` })
            .where(eq(vexDocument.id, old.id));
        await tx.insert(vexDocument).values({
          ...{ id, format: document.format, documentId, version, author, authorUri, digest, keyId, statements: usable.length },
          ...{
            timestamp: formatInstant(document.timestamp),
            importedAt: formatInstant(now),
            importedBy: actor,
            leftOut: leftOut.slice(0, MAX_KEPT),
          },
        });
        for (const part of batches(usable, STATEMENTS_AT_ONCE)) await tx.insert(vexStatement).values(part.map((s) => toRow(id, s)));
        const replaced = await Promise.all(
          held.map(async (old) =>
            vulnerabilitiesOf(
              await tx.select({ id: vexStatement.vulnerabilityId }).from(vexStatement).where(eq(vexStatement.documentId, old.id)),
            ),
          ),
        );
        const named = vulnerabilitiesOf([
          ...replaced.flat().map((v) => ({ id: v })),
          ...usable.map((s) => ({ id: s.statement.vulnerabilityId })),
        ]);
        await recordEvents(tx, [
          {
            ...{ at: now, type: "vex.imported", actor, subject: `vex:${id}` },
            data: {
              ...{ documentId, version, author, format: document.format, digest, statements: usable.length, rank: belief.rank },
              ...toldOf(named),
            },
          },
        ]);
        return ok({ id, known: false, replaces: held[0]?.id ?? null, ...answer });
      });
    },

    /** Documents that count or would if their authors were believed, the newest first. */
    async documents(limit = 500): Promise<VexDocumentRow[]> {
      const trusted = await readTrust(db);
      const rows = await db
        .select()
        .from(vexDocument)
        .where(isNull(vexDocument.retiredAt))
        .orderBy(desc(vexDocument.importedAt), desc(vexDocument.id))
        .limit(limit);
      return rows.map((d) => {
        const belief = rankOf(d, trusted);
        const { id, documentId, version, author, timestamp, importedAt, importedBy, statements } = d;
        return {
          ...{ id, documentId, version, author, importedBy, statements, signed: d.keyId !== "" },
          ...{ timestamp: isoOf(timestamp), importedAt: isoOf(importedAt), format: VEX_FORMATS.find((f) => f === d.format) ?? "openvex" },
          ...{ rank: belief.rank, notBelieved: belief.rank === null ? belief.why : null, leftOut: d.leftOut as readonly LeftOut[] },
        };
      });
    },

    /** Takes a document out: its statements count no more. */
    async remove(id: string, reason: string, actor: string): Promise<Result<null>> {
      return db.transaction(async (tx): Promise<Result<null>> => {
        const now = clock.now();
        const [gone] = await tx
          .update(vexDocument)
          .set({ retiredAt: formatInstant(now), retiredBecause: reason })
          .where(and(eq(vexDocument.id, id), isNull(vexDocument.retiredAt)))
          .returning();
        if (!gone) return fail(vexProblem.unknown(id));
        const named = vulnerabilitiesOf(
          await tx.select({ id: vexStatement.vulnerabilityId }).from(vexStatement).where(eq(vexStatement.documentId, id)),
        );
        await recordEvents(tx, [
          {
            at: now,
            type: "vex.removed",
            actor,
            subject: `vex:${id}`,
            data: { documentId: gone.documentId, author: gone.author, reason, ...toldOf(named) },
          },
        ]);
        return ok(null);
      });
    },

    /** A document of ours on our findings and suppressions. */
    async exportDocument(format: VexFormat, scope: ExportScope, by: Omit<VexAuthor, "at">): Promise<Result<unknown>> {
      const statements = await ownStatements(db, scope);
      return statements.ok ? ok(writeVex(format, statements.value, { ...by, at: clock.now() })) : statements;
    },

    trust: () => readTrust(db),
    /** Names whom this organisation believes, all of them at once. */
    async setTrust(wanted: unknown, actor: string): Promise<Result<TrustedAuthor[]>> {
      const parsed = trustSchema.safeParse(wanted);
      if (!parsed.success) return fail(vexProblem.trust(parsed.error.issues[0]?.message ?? "it cannot be read"));
      const now = clock.now();
      await db.transaction(async (tx) => {
        await writeTrust(tx, parsed.data, formatInstant(now), actor);
        await recordEvents(tx, [
          {
            ...{ at: now, type: "vex.trust-changed", actor, subject: "setting:vex.trust" },
            data: { trusted: parsed.data.map(({ author, rank, publicKey }) => ({ author, rank, signed: publicKey !== null })) },
          },
        ]);
      });
      return ok(parsed.data);
    },
  };
}

const toRow = (documentId: string, { statement: s, product }: { statement: VexStatement; product: Product }) => ({
  ...{
    documentId,
    place: s.place,
    vulnerabilityId: s.vulnerabilityId,
    status: s.status,
    justification: s.justification ?? "",
    note: s.note.slice(0, 4_000),
  },
  ...{ timestamp: formatInstant(s.timestamp), purl: s.purl, product, endpointId: s.endpointId },
});

const isoOf = (moment: string): string => new Date(moment).toISOString();
const vulnerabilitiesOf = (rows: readonly { readonly id: string }[]): string[] => [...new Set(rows.map((r) => r.id))].sort();
/** `count` says when there are more than are named. */
const toldOf = (vulnerabilities: readonly string[]) => ({
  count: vulnerabilities.length,
  vulnerabilities: vulnerabilities.slice(0, MAX_NAMED),
});

const vexProblem = {
  unknown: (id: string): Problem => ({
    code: "vex-document-unknown",
    message: `There is no VEX document ${id}.`,
    next: "List them with `breakwater vex list`.",
  }),
  signature: (): Problem => ({
    code: "bad-vex-signature",
    message: "The signature is not one by a key of an author who is believed, over these very bytes.",
    next: "Check the key with `breakwater vex trust`, and that the file was not reformatted; without --signature it is taken in unsigned.",
  }),
  older: (documentId: string, version: string, timestamp: string): Problem => ({
    code: "vex-older",
    message: `Version ${version} of ${documentId}, of ${timestamp}, is newer than this one.`,
    next: "Nothing was taken in: the newer one stays. Remove it first if this one is meant to count.",
  }),
  trust: (why: string): Problem => ({
    code: "bad-trust",
    message: `The list of believed authors cannot be used: ${why}.`,
    next: "Correct it; nothing was changed.",
  }),
};
