import { ok, type Result } from "@breakwater/shared/core";
import { rpmDatabaseFile } from "../../exposure/owner-sources.ts";
import { runText } from "../run-tool.ts";
import { inOrder, type PackageDatabase, type SystemPackage } from "./database.ts";

const TIMEOUT_MS = 120_000;
const FIELDS = ["NAME", "EPOCH", "VERSION", "RELEASE", "ARCH", "SOURCERPM", "VENDOR", "GROUP", "SIZE"];
/** Known since rpm 4.15; an elder one refuses the whole query. */
const MODULE = "MODULARITYLABEL";

/** Keys that rpm lists among the packages. */
const NO_PACKAGE = "gpg-pubkey";
/** What rpm prints for a tag that a package does not have. */
const told = (value = "") => (value === "(none)" ? "" : value);

/**
 * Lines of name, epoch, version, release, architecture, source rpm, vendor, group, size and the module's label, tab separated.
 * Several versions of one name are no error: kernels are kept.
 */
export function parseRpmQuery(text: string): SystemPackage[] {
  const packages: SystemPackage[] = [];
  for (const line of text.split("\n")) {
    const [name = "", epoch, version = "", release = "", architecture, sourceRpm, vendor, group, size, module] = line.split("\t");
    if (name === "" || name === NO_PACKAGE || version === "" || release === "") continue;
    const evr = `${told(epoch) === "" ? "" : `${epoch}:`}${version}-${release}`;
    // "bash-5.1.8-6.el9.src.rpm"; without one the package is its own source.
    const source = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(told(sourceRpm));
    packages.push({
      ecosystem: "rpm",
      name,
      version: evr,
      architecture: told(architecture),
      sourceName: source?.[1] ?? name,
      sourceVersion: source?.[2] ?? evr,
      status: "installed",
      held: false,
      vendor: told(vendor),
      section: told(group),
      installedSizeBytes: Number(size) || 0,
      essential: false,
      module: told(module),
    });
  }
  return inOrder(packages);
}

/** @param options of rpm, as in ["--dbpath", DIR] */
export async function queryRpm(options: readonly string[] = []): Promise<Result<SystemPackage[]>> {
  const ask = (fields: readonly string[]) =>
    runText("rpm", [...options, "-qa", "--queryformat", `${fields.map((f) => `%{${f}}`).join("\\t")}\\n`], { timeoutMs: TIMEOUT_MS });
  const whole = await ask([...FIELDS, MODULE]);
  const answer = whole.ok || !/unknown tag/.test(whole.problem.message) ? whole : await ask(FIELDS);
  return answer.ok ? ok(parseRpmQuery(answer.value)) : answer;
}

/** Whatever the database is kept in (sqlite, ndb, Berkeley DB) is rpm's own matter: it is asked, not read. */
export const rpm: PackageDatabase = { id: "rpm", file: rpmDatabaseFile, packages: () => queryRpm() };
