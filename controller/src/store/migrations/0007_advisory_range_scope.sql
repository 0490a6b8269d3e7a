ALTER TABLE "advisory_range" ADD COLUMN "is_binary" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "advisory_range" ADD COLUMN "architectures" text DEFAULT '' NOT NULL;