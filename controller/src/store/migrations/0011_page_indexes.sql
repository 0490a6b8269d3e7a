CREATE INDEX "endpoint_reboot_needed" ON "endpoint" USING btree ("id") WHERE (facts -> 'reboot' ->> 'needed')::boolean;--> statement-breakpoint
CREATE INDEX "endpoint_reboot_unknown" ON "endpoint" USING btree ("id") WHERE (facts -> 'reboot' ->> 'needed') is null;--> statement-breakpoint
CREATE INDEX "endpoint_restart_needed" ON "endpoint" USING btree ("id") WHERE jsonb_path_exists(facts, '$.loadedPackages[*] ? (@.restartNeeded == true)');--> statement-breakpoint
CREATE INDEX "endpoint_kernel_not_running" ON "endpoint" USING btree ("id") WHERE nullif(facts -> 'kernel' ->> 'newestInstalled', '') <> nullif(facts -> 'kernel' ->> 'running', '');--> statement-breakpoint
CREATE INDEX "endpoint_public_package" ON "endpoint" USING btree ("id") WHERE jsonb_path_exists(facts, '$.loadedPackages[*] ? (@.reach == "public")');--> statement-breakpoint
CREATE INDEX "finding_package" ON "finding" USING btree ("package_name","id");--> statement-breakpoint
CREATE INDEX "finding_days" ON "finding" USING btree ("opened_at","id","closed_at","set_aside_at","risk","state");--> statement-breakpoint
CREATE INDEX "finding_unresolved" ON "finding" USING btree ("endpoint_id","vulnerability_id","package_name","update_id","risk","exposure","state","id") WHERE state in ('open', 'no-fix', 'restart-needed');--> statement-breakpoint
CREATE INDEX "signal_of_few" ON "signal" USING btree ("kind","vulnerability_id") WHERE kind <> 'epss';