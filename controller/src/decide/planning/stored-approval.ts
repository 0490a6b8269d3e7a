import type { Approval } from "@breakwater/shared/command";
import { formatInstant, type Instant } from "@breakwater/shared/core";

/** A row of `plan_approval`. */
export interface ApprovalRow {
  readonly keyId: string;
  readonly signature: Uint8Array;
  readonly approver: string;
  readonly at: string;
  readonly expiresAt: string | null;
  readonly authenticatorData: Uint8Array | null;
  readonly clientDataJson: Uint8Array | null;
}

const moment = (text: string): string => formatInstant(Date.parse(text) as Instant);

/** A stored approval as it was signed. */
export const approvalOf = (row: ApprovalRow): Approval => ({
  keyId: row.keyId,
  signature: row.signature,
  approver: row.approver,
  at: moment(row.at),
  expiresAt: row.expiresAt === null ? undefined : moment(row.expiresAt),
  assertion:
    row.authenticatorData && row.clientDataJson
      ? { authenticatorData: row.authenticatorData, clientDataJson: row.clientDataJson }
      : undefined,
});

/** What of an approval is stored. */
export const approvalColumns = (a: Approval): ApprovalRow => ({
  keyId: a.keyId,
  signature: a.signature,
  approver: a.approver,
  at: a.at,
  expiresAt: a.expiresAt ?? null,
  authenticatorData: a.assertion?.authenticatorData ?? null,
  clientDataJson: a.assertion?.clientDataJson ?? null,
});
