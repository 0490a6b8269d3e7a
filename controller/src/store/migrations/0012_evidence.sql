ALTER TABLE "endpoint" ADD COLUMN "findings_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "finding" ADD COLUMN "no_fix_because" text;--> statement-breakpoint
CREATE INDEX "advisory_id" ON "advisory" USING btree ("id");--> statement-breakpoint
CREATE INDEX "advisory_aliases" ON "advisory" USING gin ("aliases");--> statement-breakpoint
CREATE INDEX "advisory_module" ON "advisory" USING btree (("module"->>'name')) WHERE "advisory"."module" is not null;--> statement-breakpoint
CREATE INDEX "advisory_range_module_build" ON "advisory_range" USING btree (substring("fixed" from '\.(module[_+]\S+)$')) WHERE "advisory_range"."fixed" like '%.module%';