DROP INDEX "endpoint_reboot_needed";--> statement-breakpoint
DROP INDEX "endpoint_reboot_unknown";--> statement-breakpoint
DROP INDEX "endpoint_restart_needed";--> statement-breakpoint
DROP INDEX "endpoint_kernel_not_running";--> statement-breakpoint
DROP INDEX "endpoint_public_package";--> statement-breakpoint
CREATE INDEX "endpoint_package_not_there" ON "endpoint_package" USING btree ("endpoint_id","package_id") WHERE status in ('config-files', 'not-installed');--> statement-breakpoint
-- One statement, so that the table is written anew once.
ALTER TABLE "endpoint"
  ADD COLUMN "reboot_needed" boolean GENERATED ALWAYS AS ((facts -> 'reboot' ->> 'needed')::boolean) STORED,
  ADD COLUMN "restart_needed" boolean GENERATED ALWAYS AS (jsonb_path_exists(facts, '$.loadedPackages[*] ? (@.restartNeeded == true)')) STORED,
  ADD COLUMN "kernel_not_running" boolean GENERATED ALWAYS AS (nullif(facts -> 'kernel' ->> 'newestInstalled', '') <> nullif(facts -> 'kernel' ->> 'running', '')) STORED,
  ADD COLUMN "public_package" boolean GENERATED ALWAYS AS (jsonb_path_exists(facts, '$.loadedPackages[*] ? (@.reach == "public")')) STORED,
  ADD COLUMN "repositories_unlisted" boolean GENERATED ALWAYS AS (jsonb_path_exists(facts, '$.problems[*] ? (@.collector == "repositories" || @.collector == "inventory")')) STORED,
  ADD COLUMN "some_source" boolean GENERATED ALWAYS AS (jsonb_path_exists(facts, '$.repositories[*] ? (@.state == "trusted" || @.state == "untrusted")')) STORED,
  ADD COLUMN "security_source" boolean GENERATED ALWAYS AS (jsonb_path_exists(facts, '$.repositories[*] ? (@.state == "trusted" && (@.label like_regex "security" flag "i" || @.suite like_regex "security" flag "i" || @.uri like_regex "security" flag "i" || @.origin like_regex "security" flag "i"))')) STORED,
  ADD COLUMN "extended_source" boolean GENERATED ALWAYS AS (jsonb_path_exists(facts, '$.repositories[*] ? (@.state == "trusted" && (@.origin like_regex "^UbuntuESM" || @.label like_regex "(^|[^a-z])(ltss|els|elts|extended-lts)([^a-z]|$)" flag "i" || @.suite like_regex "(^|[^a-z])(ltss|els|elts|extended-lts)([^a-z]|$)" flag "i" || @.uri like_regex "(^|[^a-z])(ltss|els|elts|extended-lts)([^a-z]|$)" flag "i" || @.origin like_regex "(^|[^a-z])(ltss|els|elts|extended-lts)([^a-z]|$)" flag "i"))')) STORED;