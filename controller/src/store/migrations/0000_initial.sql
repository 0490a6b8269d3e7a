CREATE TABLE "audit_record" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"event_position" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"record" text NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_record_event_position_unique" UNIQUE("event_position")
);
--> statement-breakpoint
CREATE TABLE "domain_event" (
	"position" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "domain_event_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"actor" text NOT NULL,
	"subject" text NOT NULL,
	"data" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "lease" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	"token" bigint NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"version" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "setting" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app_user" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"disabled_at" timestamp with time zone,
	CONSTRAINT "app_user_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "user_session" (
	"secret_hash" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"kind" text NOT NULL,
	"label" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "calendar_event" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"timezone" text NOT NULL,
	"rule" jsonb NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "certificate" (
	"serial" text PRIMARY KEY NOT NULL,
	"endpoint_id" text NOT NULL,
	"subject" text NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "endpoint" (
	"id" text PRIMARY KEY NOT NULL,
	"hostname" text NOT NULL,
	"machine_id" text NOT NULL,
	"os_id" text NOT NULL,
	"os_version" text NOT NULL,
	"os_name" text NOT NULL,
	"os_codename" text DEFAULT '' NOT NULL,
	"architecture" text NOT NULL,
	"kernel_release" text NOT NULL,
	"virtualization" text DEFAULT '' NOT NULL,
	"agent_version" text NOT NULL,
	"timezone" text DEFAULT 'UTC' NOT NULL,
	"boot_id" text DEFAULT '' NOT NULL,
	"policy_mode" text DEFAULT 'observe' NOT NULL,
	"pinned_key_ids" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"capabilities" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"site" text DEFAULT 'default' NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"criticality" integer DEFAULT 3 NOT NULL,
	"declared_exposure" text,
	"redundancy_group" text,
	"window" jsonb,
	"checks" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"inventory_digest" text DEFAULT '' NOT NULL,
	"inventory_at" timestamp with time zone,
	"facts" jsonb,
	"enrolled_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone,
	"connected" boolean DEFAULT false NOT NULL,
	"clock_offset_ms" bigint DEFAULT 0 NOT NULL,
	"revoked_at" timestamp with time zone,
	"simulated" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "endpoint_package" (
	"endpoint_id" text NOT NULL,
	"package_id" bigint NOT NULL,
	"status" text NOT NULL,
	"held" boolean DEFAULT false NOT NULL,
	CONSTRAINT "endpoint_package_endpoint_id_package_id_pk" PRIMARY KEY("endpoint_id","package_id")
);
--> statement-breakpoint
CREATE TABLE "join_token" (
	"id" text PRIMARY KEY NOT NULL,
	"secret_hash" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"uses_left" integer NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"site" text DEFAULT 'default' NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "join_token_secret_hash_unique" UNIQUE("secret_hash")
);
--> statement-breakpoint
CREATE TABLE "package_catalogue" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "package_catalogue_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"ecosystem" text NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"architecture" text NOT NULL,
	"source_name" text NOT NULL,
	"source_version" text NOT NULL,
	"vendor" text DEFAULT '' NOT NULL,
	"distribution" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pending_update" (
	"endpoint_id" text NOT NULL,
	"name" text NOT NULL,
	"architecture" text NOT NULL,
	"update_id" bigint NOT NULL,
	"held" boolean DEFAULT false NOT NULL,
	"phased_percent" integer DEFAULT 100 NOT NULL,
	CONSTRAINT "pending_update_endpoint_id_name_architecture_pk" PRIMARY KEY("endpoint_id","name","architecture")
);
--> statement-breakpoint
CREATE TABLE "redundancy_group" (
	"id" text PRIMARY KEY NOT NULL,
	"min_healthy" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "site" (
	"id" text PRIMARY KEY NOT NULL,
	"max_concurrent" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "update_catalogue" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "update_catalogue_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"distribution" text NOT NULL,
	"ecosystem" text NOT NULL,
	"name" text NOT NULL,
	"architecture" text NOT NULL,
	"from_version" text NOT NULL,
	"to_version" text NOT NULL,
	"source_name" text NOT NULL,
	"source_version" text NOT NULL,
	"origin" text NOT NULL,
	"label" text NOT NULL,
	"suite" text NOT NULL,
	"security" boolean NOT NULL,
	"download_size_bytes" bigint NOT NULL,
	"described_at" timestamp with time zone,
	"describe_requested_at" timestamp with time zone,
	"cves" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"urgency" text DEFAULT '' NOT NULL,
	"changelog" text DEFAULT '' NOT NULL,
	"maintainer_scripts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"problem" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "advisory" (
	"id" text PRIMARY KEY NOT NULL,
	"feed_id" text NOT NULL,
	"summary" text DEFAULT '' NOT NULL,
	"published" timestamp with time zone,
	"modified" timestamp with time zone,
	"withdrawn" boolean DEFAULT false NOT NULL,
	"vulnerabilities" jsonb DEFAULT '[]'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "advisory_range" (
	"advisory_id" text NOT NULL,
	"distribution" text NOT NULL,
	"ecosystem" text NOT NULL,
	"package" text NOT NULL,
	"ordinal" integer NOT NULL,
	"introduced" text DEFAULT '0' NOT NULL,
	"fixed" text,
	"last_affected" text,
	"urgency" text DEFAULT '' NOT NULL,
	CONSTRAINT "advisory_range_advisory_id_distribution_package_ordinal_pk" PRIMARY KEY("advisory_id","distribution","package","ordinal")
);
--> statement-breakpoint
CREATE TABLE "feed" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"source" text NOT NULL,
	"last_success_at" timestamp with time zone,
	"last_attempt_at" timestamp with time zone,
	"last_problem" text DEFAULT '' NOT NULL,
	"etag" text DEFAULT '' NOT NULL,
	"checksum" text DEFAULT '' NOT NULL,
	"records" integer DEFAULT 0 NOT NULL,
	"rejects" integer DEFAULT 0 NOT NULL,
	"model_version" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feed_reject" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "feed_reject_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"feed_id" text NOT NULL,
	"record" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "finding" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "finding_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"endpoint_id" text NOT NULL,
	"package_id" bigint NOT NULL,
	"vulnerability_id" text NOT NULL,
	"package_name" text NOT NULL,
	"source_name" text NOT NULL,
	"installed_version" text NOT NULL,
	"fixed_version" text,
	"state" text NOT NULL,
	"update_id" bigint,
	"risk" double precision DEFAULT 0 NOT NULL,
	"factors" jsonb,
	"exposure" text DEFAULT '' NOT NULL,
	"proofs" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"closed_by" text
);
--> statement-breakpoint
CREATE TABLE "signal" (
	"vulnerability_id" text NOT NULL,
	"kind" text NOT NULL,
	"source" text NOT NULL,
	"at" timestamp with time zone,
	"value" double precision,
	"data" jsonb,
	CONSTRAINT "signal_vulnerability_id_kind_source_pk" PRIMARY KEY("vulnerability_id","kind","source")
);
--> statement-breakpoint
CREATE TABLE "vulnerability" (
	"id" text PRIMARY KEY NOT NULL,
	"summary" text DEFAULT '' NOT NULL,
	"published" timestamp with time zone,
	"cvss_vector" text DEFAULT '' NOT NULL,
	"cvss_score" double precision,
	"cwe" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"withdrawn" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "approval_key" (
	"key_id" text PRIMARY KEY NOT NULL,
	"public_key" "bytea" NOT NULL,
	"owner" text NOT NULL,
	"label" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "command_outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "command_outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"execution_id" text NOT NULL,
	"endpoint_id" text NOT NULL,
	"kind" text NOT NULL,
	"payload" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"not_after" timestamp with time zone NOT NULL,
	"lease_until" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"done_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "deployment" (
	"id" text PRIMARY KEY NOT NULL,
	"plan_id" text NOT NULL,
	"plan_revision" integer NOT NULL,
	"title" text NOT NULL,
	"state" text NOT NULL,
	"sequence" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"snapshot" jsonb NOT NULL,
	"lease_holder" text,
	"lease_until" timestamp with time zone,
	"fencing_token" bigint DEFAULT 0 NOT NULL,
	"simulated" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "execution" (
	"id" text PRIMARY KEY NOT NULL,
	"deployment_id" text NOT NULL,
	"endpoint_id" text NOT NULL,
	"wave" integer NOT NULL,
	"state" text NOT NULL,
	"failure_class" text DEFAULT '' NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"last_step" integer DEFAULT 0 NOT NULL,
	"report" jsonb
);
--> statement-breakpoint
CREATE TABLE "execution_report" (
	"execution_id" text NOT NULL,
	"step" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "execution_report_execution_id_step_pk" PRIMARY KEY("execution_id","step")
);
--> statement-breakpoint
CREATE TABLE "health_minute" (
	"endpoint_id" text NOT NULL,
	"metric" text NOT NULL,
	"subject" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"count" integer NOT NULL,
	"mean" double precision NOT NULL,
	"min" double precision NOT NULL,
	"max" double precision NOT NULL,
	"last" double precision NOT NULL,
	CONSTRAINT "health_minute_endpoint_id_metric_subject_at_pk" PRIMARY KEY("endpoint_id","metric","subject","at")
);
--> statement-breakpoint
CREATE TABLE "outcome" (
	"execution_id" text PRIMARY KEY NOT NULL,
	"endpoint_id" text NOT NULL,
	"deployment_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"result" text NOT NULL,
	"failure_class" text DEFAULT '' NOT NULL,
	"duration_ms" bigint NOT NULL,
	"rolled_back" boolean NOT NULL,
	"packages" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plan" (
	"id" text NOT NULL,
	"revision" integer NOT NULL,
	"title" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"state" text NOT NULL,
	"document" jsonb NOT NULL,
	"rollout" jsonb NOT NULL,
	"header_bytes" "bytea" NOT NULL,
	"digest" text NOT NULL,
	"simulated" boolean DEFAULT false NOT NULL,
	CONSTRAINT "plan_id_revision_pk" PRIMARY KEY("id","revision")
);
--> statement-breakpoint
CREATE TABLE "plan_action" (
	"plan_id" text NOT NULL,
	"revision" integer NOT NULL,
	"endpoint_id" text NOT NULL,
	"action" "bytea" NOT NULL,
	"proof" jsonb NOT NULL,
	CONSTRAINT "plan_action_plan_id_revision_endpoint_id_pk" PRIMARY KEY("plan_id","revision","endpoint_id")
);
--> statement-breakpoint
CREATE TABLE "plan_approval" (
	"plan_id" text NOT NULL,
	"revision" integer NOT NULL,
	"key_id" text NOT NULL,
	"signature" "bytea" NOT NULL,
	"approver" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "plan_approval_plan_id_revision_key_id_pk" PRIMARY KEY("plan_id","revision","key_id")
);
--> statement-breakpoint
CREATE TABLE "rollout_event" (
	"deployment_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "rollout_event_deployment_id_sequence_pk" PRIMARY KEY("deployment_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "verdict" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "verdict_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"deployment_id" text NOT NULL,
	"wave" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"verdict" text NOT NULL,
	"evidence" jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "domain_event_subject" ON "domain_event" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "domain_event_type" ON "domain_event" USING btree ("type");--> statement-breakpoint
CREATE INDEX "certificate_endpoint" ON "certificate" USING btree ("endpoint_id");--> statement-breakpoint
CREATE INDEX "endpoint_package_package" ON "endpoint_package" USING btree ("package_id");--> statement-breakpoint
CREATE UNIQUE INDEX "package_catalogue_key" ON "package_catalogue" USING btree ("distribution","ecosystem","name","version","architecture","source_name","source_version");--> statement-breakpoint
CREATE INDEX "package_catalogue_source" ON "package_catalogue" USING btree ("distribution","source_name");--> statement-breakpoint
CREATE INDEX "pending_update_update" ON "pending_update" USING btree ("update_id");--> statement-breakpoint
CREATE UNIQUE INDEX "update_catalogue_key" ON "update_catalogue" USING btree ("distribution","ecosystem","name","architecture","from_version","to_version");--> statement-breakpoint
CREATE INDEX "advisory_range_package" ON "advisory_range" USING btree ("distribution","package");--> statement-breakpoint
CREATE UNIQUE INDEX "finding_key" ON "finding" USING btree ("endpoint_id","package_name","vulnerability_id");--> statement-breakpoint
CREATE INDEX "finding_vulnerability" ON "finding" USING btree ("vulnerability_id");--> statement-breakpoint
CREATE INDEX "finding_open" ON "finding" USING btree ("state","endpoint_id");--> statement-breakpoint
CREATE INDEX "finding_update" ON "finding" USING btree ("update_id");--> statement-breakpoint
CREATE INDEX "finding_risk" ON "finding" USING btree ("risk" DESC NULLS LAST,"id");--> statement-breakpoint
CREATE UNIQUE INDEX "command_outbox_once" ON "command_outbox" USING btree ("execution_id","kind");--> statement-breakpoint
CREATE INDEX "command_outbox_open" ON "command_outbox" USING btree ("endpoint_id","done_at");--> statement-breakpoint
CREATE INDEX "execution_deployment" ON "execution" USING btree ("deployment_id");--> statement-breakpoint
CREATE INDEX "execution_endpoint" ON "execution" USING btree ("endpoint_id");--> statement-breakpoint
CREATE INDEX "health_minute_at" ON "health_minute" USING btree ("at");--> statement-breakpoint
CREATE INDEX "plan_digest" ON "plan" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "verdict_deployment" ON "verdict" USING btree ("deployment_id","wave");