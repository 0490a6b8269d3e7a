import { createHash, randomBytes } from "node:crypto";

/**
 * A new secret of 256 random bits. The prefix lets secret scanners and people see what it is. Only its hash is stored: with
 * that much entropy a plain SHA-256 cannot be searched.
 */
export const newSecret = (prefix: "bws" | "bwt" | "bwu"): string => `${prefix}_${randomBytes(32).toString("base64url")}`;

export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Names a stored secret in lists; says nothing about the secret. */
export const secretId = (secretHash: string): string => secretHash.slice(0, 16);
