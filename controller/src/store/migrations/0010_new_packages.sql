ALTER TABLE "pending_update" ADD COLUMN "brings_unknown" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
-- What was told before names no architecture. Until the endpoint has told it anew, it is not known.
UPDATE "endpoint" SET "inventory_digest" = '' WHERE "id" IN (SELECT "endpoint_id" FROM "pending_update" WHERE "brings" <> '[]'::jsonb);--> statement-breakpoint
UPDATE "pending_update" SET "brings" = '[]'::jsonb, "brings_unknown" = true WHERE "brings" <> '[]'::jsonb;
