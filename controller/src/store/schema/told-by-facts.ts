import { sql } from "drizzle-orm";
import { boolean } from "drizzle-orm/pg-core";

/** A column that the database writes itself, whenever it writes the facts. */
const column = (name: string, condition: string) => boolean(name).generatedAlwaysAs(sql.raw(condition));
const someRepository = (condition: string) => `jsonb_path_exists(facts, '$.repositories[*] ? (${condition})')`;
const WORKS = `@.state == "trusted"`;
const named = (word: string) => ["label", "suite", "uri", "origin"].map((field) => `@.${field} like_regex "${word}" flag "i"`).join(" || ");
const NAMED_SECURITY = named("security");
const NAMED_EXTENDED = named("(^|[^a-z])(ltss|els|elts|extended-lts)([^a-z]|$)");

/**
 * What is asked of the facts of all endpoints at once. Unpacking the facts of one takes some 25 microseconds for every condition that reads them, a
 * quarter of a second for ten thousand; these stand beside them in the row. They always say what the facts say, also of rows of before, and of facts of
 * any shape; without facts each is null, which is unknown. Who changes a condition makes a migration, which tells all rows anew.
 */
export const TOLD_BY_FACTS = {
  /** null: the endpoint could not tell. */
  rebootNeeded: column("reboot_needed", `(facts -> 'reboot' ->> 'needed')::boolean`),
  /** A process runs a file that was replaced. */
  restartNeeded: column("restart_needed", `jsonb_path_exists(facts, '$.loadedPackages[*] ? (@.restartNeeded == true)')`),
  /** A newer kernel is installed than runs. */
  kernelNotRunning: column(
    "kernel_not_running",
    `nullif(facts -> 'kernel' ->> 'newestInstalled', '') <> nullif(facts -> 'kernel' ->> 'running', '')`,
  ),
  /** A process that has some package loaded listens on a public address. */
  publicPackage: column("public_package", `jsonb_path_exists(facts, '$.loadedPackages[*] ? (@.reach == "public")')`),
  repositoriesUnlisted: column(
    "repositories_unlisted",
    `jsonb_path_exists(facts, '$.problems[*] ? (@.collector == "repositories" || @.collector == "inventory")')`,
  ),
  /** Some repository can be read, by its owner's leave also one that nobody signed. */
  someSource: column("some_source", someRepository(`${WORKS} || @.state == "untrusted"`)),
  /** One works that says by its name, suite or address that security updates come from it. */
  securitySource: column("security_source", someRepository(`${WORKS} && (${NAMED_SECURITY})`)),
  /** An archive works that a publisher, or somebody else, sells updates from after the public ones: Ubuntu Pro's, SUSE's LTSS, ELS and their like. */
  extendedSource: column("extended_source", someRepository(`${WORKS} && (@.origin like_regex "^UbuntuESM" || ${NAMED_EXTENDED})`)),
};
