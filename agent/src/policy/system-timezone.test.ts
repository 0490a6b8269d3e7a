import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isZone } from "@breakwater/shared/window";
import { afterAll, describe, expect, it } from "vitest";
import { systemTimezone } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "breakwater-zone-"));
afterAll(() => rmSync(directory, { recursive: true }));
const runtimes = Intl.DateTimeFormat().resolvedOptions().timeZone;
let links = 0;
const linkTo = (target: string): string => {
  const path = join(directory, `localtime-${links++}`);
  symlinkSync(target, path);
  return path;
};

describe("the machine's zone", () => {
  it.each(["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"])("is what its clock points to: %s", (zone) => {
    expect(systemTimezone(linkTo(`/usr/share/zoneinfo/${zone}`), {})).toBe(zone);
    expect(systemTimezone(linkTo(`../usr/share/zoneinfo/${zone}`), {})).toBe(zone);
    expect(isZone(zone)).toBe(true);
  });

  it("is the runtime's word where the link does not name a zone, or somebody set TZ", () => {
    const copied = join(directory, "copied");
    writeFileSync(copied, "TZif2");
    for (const path of [copied, join(directory, "absent"), linkTo("/etc/zones/Berlin"), linkTo("/usr/share/zoneinfo/right/Europe/Berlin")])
      expect(systemTimezone(path, {})).toBe(runtimes);
    expect(systemTimezone(linkTo("/usr/share/zoneinfo/Asia/Tokyo"), { TZ: "Europe/Berlin" })).toBe(runtimes);
  });

  it("is found without the runtime here and now, and is the same", () => {
    const offset = (zone: string) => new Date().toLocaleString("sv", { timeZone: zone });
    expect(offset(systemTimezone())).toBe(offset(runtimes));
  });
});
