import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { InspectedProcess } from "../../executor/protocol.ts";
import { dpkgFiles, packageOwners } from "../../exposure/index.ts";
import type { ScanResult } from "./result.ts";
import { put } from "./testing.ts";
import { describeComponents } from "./uses.ts";
import { usesOf } from "./uses-of.ts";

const running = (change: Partial<InspectedProcess>): InspectedProcess => ({
  pid: 1,
  name: "app",
  exe: "/usr/bin/node",
  exeDeleted: false,
  uid: 0,
  unit: "app.service",
  netns: "1",
  mapped: [],
  listens: [],
  archives: [],
  cwd: "/",
  script: "",
  ...change,
});
const how = (ecosystem: string, file: string, process: Partial<InspectedProcess>) => usesOf([running(process)])(ecosystem, file)[0]?.how;

describe("who uses a component", () => {
  it("is known of jars and programs by the file itself", () => {
    expect(how("maven", "/opt/a.war", { exe: "/usr/bin/java", archives: ["/opt/a.war"] })).toBe("open-file");
    expect(how("maven", "/opt/b.war", { exe: "/usr/bin/java", archives: ["/opt/a.war"] })).toBeUndefined();
    expect(how("go", "/usr/local/bin/tool", { exe: "/usr/local/bin/tool" })).toBe("executable");
  });

  it("is known of packages of npm by where the script, else the work, of a Node process is", () => {
    const file = "/opt/app/node_modules/lodash/package.json";
    expect(how("npm", file, { script: "/opt/app/dist/main.js" })).toBe("script");
    expect(how("npm", file, { script: "/opt/application/main.js" })).toBeUndefined();
    expect(how("npm", file, { cwd: "/opt/app" })).toBe("working-directory");
    expect(how("npm", file, { cwd: "/opt/app", script: "/usr/lib/node_modules/pm2/lib/daemon.js" })).toBeUndefined();
    expect(how("npm", file, { exe: "/usr/bin/bash", cwd: "/opt/app" })).toBeUndefined();
    expect(how("npm", "/node_modules/a/package.json", { cwd: "/" })).toBeUndefined();
    const pm2 = { script: "/usr/lib/node_modules/pm2/lib/daemon.js" };
    expect(how("npm", "/usr/lib/node_modules/pm2/node_modules/async/package.json", pm2)).toBe("script");
    expect(how("npm", "/usr/lib/node_modules/npm/package.json", pm2)).toBeUndefined();
  });

  it("is known of Python by what is mapped, the environment, or only the interpreter", () => {
    const file = "/opt/app/venv/lib/python3.11/site-packages/requests-2.28.1.dist-info/METADATA";
    const python = { exe: "/usr/bin/python3.11" };
    expect(how("pypi", file, { ...python, mapped: [{ path: "/opt/app/venv/lib/python3.11/site-packages/x.so", deleted: false }] })).toBe(
      "mapped",
    );
    expect(how("pypi", file, { ...python, script: "/opt/app/venv/bin/gunicorn" })).toBe("script");
    expect(how("pypi", file, { ...python, cwd: "/opt/app" })).toBe("working-directory");
    expect(how("pypi", file, { ...python, cwd: "/srv" })).toBeUndefined();
    const global = "/usr/local/lib/python3.11/dist-packages/six-1.16.0.dist-info/METADATA";
    expect(how("pypi", global, python)).toBe("interpreter");
    expect(how("pypi", global, { exe: "/usr/bin/python3.9" })).toBeUndefined();
  });

  it("is known of gems likewise", () => {
    const bundled = "/opt/app/vendor/bundle/ruby/3.1.0/specifications/rack-2.2.3.gemspec";
    expect(how("gem", bundled, { exe: "/usr/bin/ruby3.1", cwd: "/opt/app" })).toBe("working-directory");
    expect(how("gem", bundled, { exe: "/usr/bin/ruby3.1", cwd: "/opt/other" })).toBeUndefined();
    expect(how("gem", "/var/lib/gems/3.1.0/specifications/rack-2.2.3.gemspec", { exe: "/usr/bin/ruby3.1" })).toBe("interpreter");
  });
});

describe("components as they are told", () => {
  it("name the package that the file came with, and reach as far as the widest of their processes", async () => {
    const info = mkdtempSync(join(tmpdir(), "breakwater-info-"));
    put(join(info, "python3-six.list"), "/.\n/usr/lib/python3/dist-packages/six-1.16.0.egg-info\n");
    const result: ScanResult = {
      startedAt: "2026-03-02T08:00:00.000Z",
      endedAt: "2026-03-02T08:00:01.000Z",
      roots: ["/"],
      files: 1,
      directories: 1,
      bytesRead: 1,
      components: [
        {
          ecosystem: "pypi",
          name: "six",
          version: "1.16.0",
          path: "/usr/lib/python3/dist-packages/six-1.16.0.egg-info",
          evidence: "metadata",
          sha1: "",
        },
        { ecosystem: "maven", name: "g:a", version: "1", path: "/opt/app.war!/WEB-INF/lib/a-1.jar", evidence: "pom.properties", sha1: "" },
      ],
      notLooked: [],
      notLookedTotal: 0,
    };
    const listens = [{ protocol: "tcp" as const, address: "0.0.0.0", port: 8_080 }];
    const processes = [
      running({ pid: 2, exe: "/usr/bin/java", name: "java", archives: ["/opt/app.war"], netns: "9" }),
      running({ pid: 3, exe: "/usr/bin/java", name: "java", archives: ["/opt/app.war"], netns: "9", listens }),
    ];
    const { components } = await describeComponents(result, { hostNetns: "9", processes }, packageOwners([dpkgFiles(info)]), [
      "198.51.100.7",
    ]);
    expect(components.map((c) => [c.name, c.owner, c.reach, c.uses?.map((u) => u.pid)])).toEqual([
      ["six", "python3-six", "", []],
      ["g:a", "", "public", [2, 3]],
    ]);
    expect((await describeComponents(result, undefined, packageOwners([dpkgFiles(info)]), [])).components[1]?.reach).toBe("");
    rmSync(info, { recursive: true });
  });
});
