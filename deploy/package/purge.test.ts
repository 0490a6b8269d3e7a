import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { policyText } from "../../agent/src/execution/starts.ts";

const MACHINE = "0123456789abcdef0123456789abcdef";
let root = "";
const at = (path: string) => join(root, path);
const lay = (path: string, text = "x") => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};
const program = (name: string, text: string) => {
  lay(`bin/${name}`, `#!/bin/sh\n${text}`);
  chmodSync(at(`bin/${name}`), 0o755);
};
const POLICY = "/usr/sbin/policy-rc.d";
const ours = policyText("ex_1", ["db"], "/run/breakwater-starts/ex_1");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "purge-"));
  for (const name of ["systemctl", "deluser", "getent"]) program(name, "exit 0\n");
  lay("/etc/machine-id", `${MACHINE}\n`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The package's script, in a folder that stands for the machine. */
function postrm(how: "remove" | "purge"): string {
  const script = readFileSync(join(import.meta.dirname, "debian/agent/postrm.sh"), "utf8");
  lay(
    "postrm",
    script.replace(/(?<=[\s"(=]|^)\/(etc|var|run|usr|\.breakwater)(?=[/-])/gm, (all) => `${root}${all}`),
  );
  const ran = spawnSync("sh", [at("postrm"), how], { env: { PATH: `${at("bin")}:/usr/bin:/bin` }, encoding: "utf8" });
  expect([ran.status, readFileSync(at("postrm"), "utf8")]).toEqual([0, expect.not.stringMatching(/[\s"]\/(?:etc|var|run)\//)]);
  return ran.stderr;
}

describe("a purge", () => {
  it("drops the snapshots of this machine's root, and those of no other", () => {
    const lvs = [
      "bw root ",
      `bw root-before-ex_1 breakwater-before:${MACHINE}:ex_1`,
      `bw root-before-ex_2 mine,breakwater-before:${MACHINE}:ex_2`,
      `bw other-before-ex_3 breakwater-before:${MACHINE.replace("0", "f")}:ex_3`,
      "bw backup breakwater",
    ];
    program("lvs", `cat <<'END'\n  ${lvs.join("\n  ")}\nEND\n`);
    program("lvremove", `echo "$@" >> ${at("removed")}\n[ "$2" != bw/root-before-ex_2 ]\n`);
    program("btrfs", `[ "$1 $2" = "subvolume delete" ] && rm -r "$3"\n`);
    lay("/.breakwater-snapshots/ex_1/etc/passwd");
    const said = postrm("purge");
    expect(readFileSync(at("removed"), "utf8")).toBe("--yes bw/root-before-ex_1\n--yes bw/root-before-ex_2\n");
    expect(said).toContain("logical volume bw/root-before-ex_2 stays");
    expect(existsSync(at("/.breakwater-snapshots"))).toBe(false);
  });

  it("leaves the owner's files and nothing of ours", () => {
    for (const path of ["/var/lib/breakwater-agent/identity.json", "/var/lib/breakwater-executor/executions/ex_1/journal"]) lay(path);
    for (const path of ["/run/breakwater-starts/ex_1", "/etc/apt/preferences.d/breakwater-hold-ex_1", "/etc/apt/preferences.d/mine"])
      lay(path);
    for (const path of ["operators.d/ada.pub", "enrolled-operators.d/a.pub", "hooks/drain.d/.keep"]) lay(`/etc/breakwater-agent/${path}`);
    rmSync(at("/etc/breakwater-agent/hooks/drain.d/.keep"));
    mkdirSync(at("/etc/breakwater-agent/hooks/undrain.d"));
    lay(POLICY, ours);
    expect(postrm("purge")).toBe("");
    rmSync(at("bin"), { recursive: true });
    const left = readdirSync(root, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
    expect(left.map((f) => join(f.parentPath, f.name).slice(root.length)).sort()).toEqual([
      "/etc/apt/preferences.d/mine",
      "/etc/breakwater-agent/operators.d/ada.pub",
      "/etc/machine-id",
      "/postrm",
    ]);
    expect(readdirSync(at("/etc/breakwater-agent"))).toEqual(["operators.d"]);
  });
});

describe("a removal", () => {
  it("takes away what kept services from starting, unless the owner changed it, and keeps the way back", () => {
    lay("/.breakwater-snapshots/ex_1/etc/passwd");
    program("btrfs", "exit 1\n");
    lay(POLICY, ours);
    postrm("remove");
    expect([existsSync(at(POLICY)), existsSync(at("/.breakwater-snapshots/ex_1"))]).toEqual([false, true]);
    for (const text of [ours.replace("exit 101", "exit 0"), "#!/bin/sh\nexit 101\n"]) {
      lay(POLICY, text);
      postrm("remove");
      expect(readFileSync(at(POLICY), "utf8")).toBe(text);
    }
  });
});
