ALTER TABLE "advisory_range" ADD COLUMN "feed_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE "advisory_range" r SET "feed_id" = a."feed_id" FROM "advisory" a WHERE a."id" = r."advisory_id";--> statement-breakpoint
ALTER TABLE "advisory_range" DROP CONSTRAINT "advisory_range_advisory_id_distribution_package_ordinal_pk";--> statement-breakpoint
ALTER TABLE "advisory" DROP CONSTRAINT "advisory_pkey";--> statement-breakpoint
ALTER TABLE "advisory" ADD CONSTRAINT "advisory_feed_id_id_pk" PRIMARY KEY("feed_id","id");--> statement-breakpoint
ALTER TABLE "advisory_range" ADD CONSTRAINT "advisory_range_feed_id_advisory_id_distribution_package_ordinal_pk" PRIMARY KEY("feed_id","advisory_id","distribution","package","ordinal");--> statement-breakpoint
ALTER TABLE "advisory" ADD COLUMN "digest" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "feed" ADD COLUMN "last_modified" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "feed" ADD COLUMN "cursor" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "feed" ADD COLUMN "dated" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "vulnerability" ADD COLUMN "withdrawn_by" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "vulnerability" ADD COLUMN "weight" integer DEFAULT 0 NOT NULL;
