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
ALTER TABLE "endpoint" ADD COLUMN "brakes" jsonb;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "brakes_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "approval_key" ADD COLUMN "passkey" jsonb;--> statement-breakpoint
ALTER TABLE "plan_approval" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "plan_approval" ADD COLUMN "authenticator_data" "bytea";--> statement-breakpoint
ALTER TABLE "plan_approval" ADD COLUMN "client_data_json" "bytea";