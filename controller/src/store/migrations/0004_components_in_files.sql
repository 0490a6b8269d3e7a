CREATE TABLE "endpoint_component" (
	"endpoint_id" text NOT NULL,
	"package_id" bigint NOT NULL,
	"path" text NOT NULL,
	"evidence" text DEFAULT '' NOT NULL,
	"sha1" text DEFAULT '' NOT NULL,
	"owner" text DEFAULT '' NOT NULL,
	"uses" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"reach" text DEFAULT '' NOT NULL,
	"unseen_since" timestamp with time zone,
	CONSTRAINT "endpoint_component_endpoint_id_package_id_path_pk" PRIMARY KEY("endpoint_id","package_id","path")
);
--> statement-breakpoint
DROP INDEX "finding_key";--> statement-breakpoint
ALTER TABLE "package_catalogue" ADD COLUMN "module" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "finding" ADD COLUMN "ecosystem" text DEFAULT 'deb' NOT NULL;--> statement-breakpoint
CREATE INDEX "endpoint_component_package" ON "endpoint_component" USING btree ("package_id");--> statement-breakpoint
CREATE UNIQUE INDEX "finding_key" ON "finding" USING btree ("endpoint_id","ecosystem","package_name","vulnerability_id");--> statement-breakpoint
UPDATE "finding" f SET "ecosystem" = c."ecosystem" FROM "package_catalogue" c WHERE c."id" = f."package_id" AND c."ecosystem" <> 'deb';--> statement-breakpoint
-- Agents may have told of components to a controller that did not keep them: each is asked for everything once more.
UPDATE "endpoint" SET "inventory_digest" = '';
