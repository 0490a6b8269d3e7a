ALTER TABLE "advisory" ADD COLUMN "aliases" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "advisory" ADD COLUMN "module" jsonb;--> statement-breakpoint
ALTER TABLE "advisory_range" ADD COLUMN "channel" text DEFAULT '' NOT NULL;