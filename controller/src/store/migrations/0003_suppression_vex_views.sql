CREATE TABLE "saved_view" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"address" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "suppression" (
	"id" text PRIMARY KEY NOT NULL,
	"vulnerability_id" text NOT NULL,
	"target_kind" text NOT NULL,
	"target" text NOT NULL,
	"scope_kind" text NOT NULL,
	"scope" text NOT NULL,
	"justification" text NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"versions" jsonb NOT NULL,
	"exploitation" jsonb NOT NULL,
	"ended_at" timestamp with time zone,
	"ended_by" text,
	"ended_because" text
);
--> statement-breakpoint
CREATE TABLE "vex_document" (
	"id" text PRIMARY KEY NOT NULL,
	"format" text NOT NULL,
	"document_id" text NOT NULL,
	"version" text NOT NULL,
	"author" text NOT NULL,
	"author_uri" text DEFAULT '' NOT NULL,
	"timestamp" timestamp with time zone NOT NULL,
	"digest" text NOT NULL,
	"key_id" text DEFAULT '' NOT NULL,
	"imported_at" timestamp with time zone NOT NULL,
	"imported_by" text NOT NULL,
	"statements" integer NOT NULL,
	"left_out" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"retired_at" timestamp with time zone,
	"retired_because" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vex_statement" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "vex_statement_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"document_id" text NOT NULL,
	"place" text NOT NULL,
	"vulnerability_id" text NOT NULL,
	"status" text NOT NULL,
	"justification" text DEFAULT '' NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"timestamp" timestamp with time zone NOT NULL,
	"purl" text NOT NULL,
	"product" jsonb NOT NULL,
	"endpoint_id" text
);
--> statement-breakpoint
ALTER TABLE "finding" ADD COLUMN "assessment" jsonb;--> statement-breakpoint
ALTER TABLE "finding" ADD COLUMN "set_aside_at" timestamp with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "saved_view_name" ON "saved_view" USING btree ("user_id","name");--> statement-breakpoint
CREATE INDEX "suppression_open" ON "suppression" USING btree ("ended_at","vulnerability_id");--> statement-breakpoint
CREATE INDEX "suppression_vulnerability" ON "suppression" USING btree ("vulnerability_id");--> statement-breakpoint
CREATE INDEX "vex_document_own" ON "vex_document" USING btree ("document_id");--> statement-breakpoint
CREATE INDEX "vex_statement_vulnerability" ON "vex_statement" USING btree ("vulnerability_id");--> statement-breakpoint
CREATE INDEX "vex_statement_document" ON "vex_statement" USING btree ("document_id");