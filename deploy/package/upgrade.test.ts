import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let root = "";
const at = (...path: string[]) => join(root, ...path);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "upgrade-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}`);
  chmodSync(path, 0o755);
}

/** A version as the package brings it. `serves`: whether it connects once it runs. */
function version(folder: string, name: string, serves: boolean): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "VERSION"), `${name}\n`);
  writeFileSync(join(folder, "serves"), serves ? "connected" : "nothing");
  for (const part of ["run-agent", "run-executor"]) program(join(folder, part), "exit 0\n");
}

/** What the script calls, each counted; `spoil` decides what becomes of a call. systemd is a file that says what runs. */
function tools(): void {
  mkdirSync(at("bin"));
  for (const tool of ["ln", "mv", "rm", "cp", "mkdir", "sync"])
    program(
      at("bin", tool),
      `n=$(($(cat ${at("calls")}) + 1)); echo $n > ${at("calls")}
kill_at=$(cat ${at("kill-at")} 2>/dev/null); [ "$n" != "$kill_at" ] || { kill -9 $PPID; exit 137; }
full_from=$(cat ${at("full-from")} 2>/dev/null)
case ${tool} in ln | mv | cp | mkdir) [ -z "$full_from" ] || [ $n -lt $full_from ] || { echo "No space left on device" >&2; exit 1; } ;; esac
exec /bin/${tool} "$@"\n`,
    );
  const serving = `$(basename "$(readlink ${at("lib/current")})")`;
  program(
    at("bin", "systemctl"),
    `case $1 in
is-active) [ -s ${at("active")} ] ;;
show) [ -s ${at("active")} ] && echo active || echo inactive ;;
stop) rm -f ${at("active")} ;;
start)
  [ -x ${at("lib/current/run-agent")} ] || exit 1
  echo yes > ${at("active")}
  if [ "$(cat ${at("lib/current/serves")})" = connected ]; then
    printf '{"version":"%s","endpointId":"ep_1","connection":{"kind":"connected"}}' "${serving}" > ${at("run/status.json")}
  else rm -f ${at("run/status.json")}; fi ;;
esac\n`,
  );
  program(at("bin", "setpriv"), 'while :; do case $1 in --*) shift ;; *) break ;; esac; done\nexec "$@"\n');
  program(at("bin", "journalctl"), "exit 0\n");
  program(at("bin", "sleep"), "exec /bin/sleep 0.01\n");
}

/** Version 1 serves; 2 was just unpacked. */
function machine(serves: boolean): void {
  for (const d of ["lib/versions", "own", "run", "agent", "systemd"]) mkdirSync(at(d), { recursive: true });
  writeFileSync(at("calls"), "0");
  version(at("lib/versions/1"), "1", true);
  version(at("lib/payload"), "2", serves);
  symlinkSync("versions/1", at("lib/current"));
  writeFileSync(at("agent/identity.json"), "{}");
  tools();
  spawnSync(at("bin/systemctl"), ["start", "a"]);
  const script = readFileSync(join(import.meta.dirname, "payload/upgrade"), "utf8")
    .replace("LIB=/usr/lib/breakwater-agent", `LIB=${at("lib")}`)
    .replace("OWN=/var/lib/breakwater-executor", `OWN=${at("own")}`)
    .replace("/run/breakwater-agent/status.json", at("run/status.json"))
    .replace("/var/lib/breakwater-agent/status.json", at("agent/status.json"))
    .replaceAll("/var/lib/breakwater-agent/identity.json", at("agent/identity.json"))
    .replace("/run/systemd/system", at("systemd"))
    .replace("HEALTH_SECONDS=60", "HEALTH_SECONDS=1");
  program(at("upgrade"), script.replace(/^#!.*\n/, ""));
}

/** One run of the script, within a transaction of ours, which waits for the verdict. */
function upgrade(what: "install" | "probe", more: { killAt?: number; fullFrom?: number } = {}, timeout = 60_000) {
  const set = (file: string, n: number | undefined) =>
    n === undefined ? rmSync(at(file), { force: true }) : writeFileSync(at(file), `${n}`);
  set("kill-at", more.killAt);
  set("full-from", more.fullFrom);
  writeFileSync(at("calls"), "0");
  const env = { PATH: `${at("bin")}:/usr/bin:/bin`, BREAKWATER_TRANSACTION: "1" };
  const ran = spawnSync(at("upgrade"), [what], { env, timeout, encoding: "utf8" });
  return { status: ran.status, signal: ran.signal, stderr: ran.stderr, calls: Number(readFileSync(at("calls"), "utf8")) };
}
const serving = () => basename(readlinkSync(at("lib/current")));
const result = () => JSON.parse(readFileSync(at("own/upgrade.json"), "utf8")) as { state: string; to: string };
/** What must hold at every moment: there is a version to start, whole. */
function expectWhole(when: string): void {
  expect(existsSync(at("lib/current/run-agent")), `an agent ${when}`).toBe(true);
  expect(existsSync(at("lib/current/run-executor")), `an executor ${when}`).toBe(true);
}

describe("an upgrade", () => {
  it("puts a version into service that connects, and takes one back that does not", () => {
    machine(true);
    expect(upgrade("install")).toMatchObject({ status: 0 });
    expect([serving(), result().state]).toEqual(["2", "healthy"]);
    version(at("lib/payload"), "3", false);
    expect(upgrade("install").status).not.toBe(0);
    expect([serving(), result()]).toMatchObject(["2", { state: "switched-back", to: "3" }]);
    expect(existsSync(at("own/upgrade-pending"))).toBe(false);
  });

  it.each([true, false])(
    "that is killed before any of its steps leaves a version that runs, and comes to its end the next time (serves: %s)",
    (serves) => {
      machine(serves);
      const steps = upgrade("install").calls;
      expect(steps).toBeGreaterThan(5);
      for (let killAt = 1; killAt <= steps; killAt++) {
        rmSync(root, { recursive: true });
        mkdirSync(root);
        machine(serves);
        upgrade("install", { killAt });
        expectWhole(`after the kill at step ${killAt}`);
        // The machine starts again: what waits is watched, then dpkg's postinst is run once more.
        spawnSync(at("bin/systemctl"), ["start", "a"]);
        expect(upgrade("probe", {}, 20_000).signal, `the watch after the kill at step ${killAt}`).toBeNull();
        expectWhole(`after the watch that followed the kill at step ${killAt}`);
        upgrade("install");
        expect([killAt, serving(), existsSync(at("own/upgrade-pending"))]).toEqual([killAt, serves ? "2" : "1", false]);
      }
    },
    300_000,
  );

  it.each([true, false])(
    "on a disk that is full from any step on leaves a version that runs, and claims nothing else (serves: %s)",
    (serves) => {
      machine(serves);
      const steps = upgrade("install").calls;
      for (let fullFrom = 1; fullFrom <= steps; fullFrom++) {
        rmSync(root, { recursive: true });
        mkdirSync(root);
        machine(serves);
        upgrade("install", { fullFrom });
        expectWhole(`with a disk full from step ${fullFrom} on`);
        const said = existsSync(at("own/upgrade.json")) ? result() : undefined;
        if (said?.state === "healthy") expect([fullFrom, serving()]).toEqual([fullFrom, "2"]);
        if (said?.state === "switched-back") expect([fullFrom, serving()]).toEqual([fullFrom, "1"]);
        // With room again, what waits comes to its end.
        upgrade("probe", {}, 20_000);
        upgrade("install");
        expect([fullFrom, serving(), readdirSync(at("lib/versions")).filter((n) => n.endsWith(".part"))]).toEqual([
          fullFrom,
          serves ? "2" : "1",
          [],
        ]);
      }
    },
    300_000,
  );

  it("of an agent that does not run is not called one that serves where its link cannot be laid", () => {
    machine(true);
    spawnSync(at("bin/systemctl"), ["stop", "a"]);
    program(at("bin/ln"), 'echo "No space left on device" >&2\nexit 1\n');
    expect(upgrade("install").status).not.toBe(0);
    expect([serving(), result().state]).toEqual(["1", "switched-back"]);
  });

  it("waits for no pipe that lies where the agent says how it is", () => {
    machine(true);
    rmSync(at("run/status.json"));
    spawnSync("mkfifo", [at("run/status.json")]);
    expect(upgrade("install", {}, 20_000)).toMatchObject({ status: 0, signal: null });
    expect(serving()).toBe("2");
  });
});
