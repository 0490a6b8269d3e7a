CREATE TABLE "rehearsal" (
	"id" text PRIMARY KEY NOT NULL,
	"plan_id" text NOT NULL,
	"plan_revision" integer NOT NULL,
	"endpoint_id" text NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"requested_by" text NOT NULL,
	"state" text NOT NULL,
	"step" text DEFAULT '' NOT NULL,
	"verdict" text DEFAULT '' NOT NULL,
	"failure_class" text DEFAULT '' NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"superseded" boolean DEFAULT false NOT NULL,
	"finished_at" timestamp with time zone,
	"report" jsonb
);
--> statement-breakpoint
CREATE INDEX "rehearsal_plan" ON "rehearsal" USING btree ("plan_id","plan_revision");--> statement-breakpoint
CREATE INDEX "rehearsal_endpoint" ON "rehearsal" USING btree ("endpoint_id");