CREATE TABLE "cmdb_entry" (
	"source" text NOT NULL,
	"place" integer NOT NULL,
	"names" jsonb NOT NULL,
	"machine_ids" jsonb NOT NULL,
	"serial" text DEFAULT '' NOT NULL,
	"addresses" jsonb NOT NULL,
	"macs" jsonb NOT NULL,
	"owner" text DEFAULT '' NOT NULL,
	"criticality" integer,
	"site" text DEFAULT '' NOT NULL,
	"status" text DEFAULT '' NOT NULL,
	"retired" boolean DEFAULT false NOT NULL,
	"seen_at" timestamp with time zone,
	CONSTRAINT "cmdb_entry_source_place_pk" PRIMARY KEY("source","place")
);
--> statement-breakpoint
CREATE TABLE "cmdb_software" (
	"source" text NOT NULL,
	"place" integer NOT NULL,
	"normal" text NOT NULL,
	"name" text NOT NULL,
	"version" text DEFAULT '' NOT NULL,
	CONSTRAINT "cmdb_software_source_place_normal_version_pk" PRIMARY KEY("source","place","normal","version")
);
--> statement-breakpoint
CREATE TABLE "cmdb_source" (
	"name" text PRIMARY KEY NOT NULL,
	"format" text NOT NULL,
	"digest" text NOT NULL,
	"imported_at" timestamp with time zone NOT NULL,
	"imported_by" text NOT NULL,
	"entries" integer NOT NULL,
	"software" integer NOT NULL,
	"columns" jsonb NOT NULL,
	"set_aside_count" integer NOT NULL,
	"set_aside" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "halt" (
	"digest" text PRIMARY KEY NOT NULL,
	"order" text NOT NULL,
	"scope" text NOT NULL,
	"reason" text NOT NULL,
	"key_id" text NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"taken_at" timestamp with time zone NOT NULL,
	"taken_by" text NOT NULL,
	"lift_order" text,
	"lifted_at" timestamp with time zone,
	"lifted_by" text
);
--> statement-breakpoint
CREATE TABLE "load_balancer" (
	"id" text PRIMARY KEY NOT NULL,
	"exposure" text NOT NULL,
	"tags" jsonb NOT NULL,
	"ports" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "zone" (
	"id" text PRIMARY KEY NOT NULL,
	"reached_from" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "zone" text;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "brakes" jsonb;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "brakes_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "advisory_range" ADD COLUMN "is_binary" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "advisory_range" ADD COLUMN "architectures" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "approval_key" ADD COLUMN "passkey" jsonb;--> statement-breakpoint
ALTER TABLE "plan_approval" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "plan_approval" ADD COLUMN "authenticator_data" "bytea";--> statement-breakpoint
ALTER TABLE "plan_approval" ADD COLUMN "client_data_json" "bytea";