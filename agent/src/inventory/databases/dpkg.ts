import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { ok } from "@breakwater/shared/core";
import { parseDpkgStatus } from "../dpkg-status.ts";
import type { PackageDatabase } from "./database.ts";

const STATUS = "/var/lib/dpkg/status";

export const dpkg: PackageDatabase = {
  id: "dpkg",
  file: () => (existsSync(STATUS) ? STATUS : undefined),
  packages: async () => ok(parseDpkgStatus(await readFile(STATUS, "utf8"))),
};
