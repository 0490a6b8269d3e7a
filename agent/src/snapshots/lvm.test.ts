import { expect, it } from "vitest";
import type { Ran, Run } from "../packages/run.ts";
import { bootsBy, nameRootInFstab } from "./boot-names.ts";
import { lvmSnapshots } from "./lvm.ts";
import { LVS, parseLvs } from "./lvs.ts";

const MACHINE = "0123456789abcdef0123456789abcdef";
/** What lvm2 2.03.16 printed of a group with a thin pool, a root in it, a snapshot of that, and a thick volume. */
const REPORT = `
  {
      "report": [
          {
              "lv": [
                  {"vg_name":"bw", "lv_name":"[lvol0_pmspare]", "lv_kernel_major":"-1", "lv_kernel_minor":"-1", "lv_layout":"linear", "pool_lv":"", "lv_tags":"", "lv_time":"1795855823", "data_percent":"", "metadata_percent":""},
                  {"vg_name":"bw", "lv_name":"pool", "lv_kernel_major":"253", "lv_kernel_minor":"2", "lv_layout":"thin,pool", "pool_lv":"", "lv_tags":"", "lv_time":"1795855824", "data_percent":"1.95", "metadata_percent":"10.33"},
                  {"vg_name":"bw", "lv_name":"[pool_tdata]", "lv_kernel_major":"253", "lv_kernel_minor":"1", "lv_layout":"linear", "pool_lv":"", "lv_tags":"", "lv_time":"1795855824", "data_percent":"", "metadata_percent":""},
                  {"vg_name":"bw", "lv_name":"[pool_tmeta]", "lv_kernel_major":"253", "lv_kernel_minor":"0", "lv_layout":"linear", "pool_lv":"", "lv_tags":"", "lv_time":"1795855824", "data_percent":"", "metadata_percent":""},
                  {"vg_name":"bw", "lv_name":"root", "lv_kernel_major":"253", "lv_kernel_minor":"4", "lv_layout":"thin,sparse", "pool_lv":"pool", "lv_tags":"", "lv_time":"1795855829", "data_percent":"4.00", "metadata_percent":""},
                  {"vg_name":"bw", "lv_name":"root-before-ex_1", "lv_kernel_major":"-1", "lv_kernel_minor":"-1", "lv_layout":"thin,sparse", "pool_lv":"pool", "lv_tags":"breakwater-before:${MACHINE}:ex_1", "lv_time":"1795855839", "data_percent":"", "metadata_percent":""},
                  {"vg_name":"bw", "lv_name":"thick", "lv_kernel_major":"253", "lv_kernel_minor":"5", "lv_layout":"linear", "pool_lv":"", "lv_tags":"", "lv_time":"1795855836", "data_percent":"", "metadata_percent":""}
              ]
          }
      ]
  }
`;

const ran = (of: Partial<Ran>): Ran => ({ exitCode: 0, stdout: "", stderr: "", timedOut: false, ...of });
/** A machine whose lvs says this, and whose other tools succeed but for those lines that `fails` knows. */
const machine = (report: string, fails: (line: string) => boolean = () => false) => {
  const lines: string[] = [];
  const run: Run = async (argv) => {
    if (argv[0] === "lvs") return ran({ stdout: report });
    const line = argv.join(" ").replace(/\S*breakwater-copy-\S*/, "AT");
    lines.push(line);
    return fails(line) ? ran({ exitCode: 5, stderr: "no\n" }) : ran({});
  };
  return { lines, run };
};
const root = (device = "253:4") => ({ point: "/", root: "/", device, type: "xfs", source: "/dev/mapper/bw-root" });
const of = (run: Run, device?: string, commandLine = "root=/dev/mapper/bw-root ro") =>
  lvmSnapshots(run, root(device), commandLine, MACHINE);

it("reads what lvs reports, and takes no answer for no report", () => {
  const all = parseLvs(REPORT);
  expect(all.map(({ name }) => name)).toEqual(["lvol0_pmspare", "pool", "pool_tdata", "pool_tmeta", "root", "root-before-ex_1", "thick"]);
  expect(all[1]).toMatchObject({ group: "bw", device: "253:2", thinPool: "", dataPercent: 1.95, metadataPercent: 10.33 });
  expect(all[4]).toMatchObject({ device: "253:4", thinPool: "pool", tags: [], madeAt: "2026-11-28T08:50:29.000Z" });
  expect(all[5]).toMatchObject({ device: "", tags: [`breakwater-before:${MACHINE}:ex_1`] });
  expect(all[6]).toMatchObject({ thinPool: "", dataPercent: undefined, metadataPercent: undefined });
  for (const wrong of ["", "{}", '{"report":[{"lv":[{"lv_name":"root"}]}]}']) expect(() => parseLvs(wrong)).toThrow();
  expect(LVS).toContain('report/time_format="%s"');
});

it("takes one that is read-only and not activated, once for an execution", async () => {
  const { lines, run } = machine(REPORT);
  expect(await of(run).take("ex_1")).toEqual({ path: "logical volume bw/root-before-ex_1", why: "" });
  expect(lines).toEqual([]);
  expect(await of(run).take("ex_2")).toEqual({ path: "logical volume bw/root-before-ex_2", why: "" });
  expect(lines).toEqual([
    `lvcreate --snapshot --permission r --setactivationskip y --addtag breakwater-before:${MACHINE}:ex_2 --name root-before-ex_2 bw/root`,
  ]);
});

it.each([
  ["the root is not thin", REPORT, "253:5", /not thin/],
  [
    "the pool's data are nearly full",
    REPORT.replace('"1.95"', '"90.01"'),
    "253:4",
    /^the thin pool bw\/pool is nearly full \(90.01 % .* 10.33 %/,
  ],
  ["the pool's metadata are nearly full", REPORT.replace('"10.33"', '"97.00"'), "253:4", /nearly full/],
  ["nobody can tell how full it is", REPORT.replace('"1.95"', '""'), "253:4", /cannot be told/],
  ["lvs does not know the root", REPORT, "253:9", /^lvs knows of no logical volume 253:9/],
])("takes none where %s", async (_, report, device, why) => {
  const { lines, run } = machine(report);
  expect(await of(run, device).take("ex_2")).toEqual({ path: "", why: expect.stringMatching(why) });
  expect(lines).toEqual([]);
});

it("says why when lvm2 is not there, or says no", async () => {
  expect(await of(async () => ran({ exitCode: undefined })).take("ex_2")).toEqual({ path: "", why: "lvs cannot be run: is it installed?" });
  const { run } = machine(REPORT, (line) => line.startsWith("lvcreate"));
  expect(await of(run).take("ex_2")).toEqual({ path: "", why: "lvcreate --snapshot --permission: no" });
});

it("drops its own alone: another machine's in the same group stay", async () => {
  const { lines, run } = machine(REPORT);
  expect(await lvmSnapshots(run, root(), "", "another").keepOnly(() => false)).toEqual([]);
  expect(await of(run).keepOnly((id) => id === "ex_1")).toEqual([]);
  expect(lines).toEqual([]);
  await of(run).keepOnly(() => false);
  expect(lines).toEqual(["lvremove --yes bw/root-before-ex_1"]);
});

const COPY = [
  "lvcreate --snapshot --permission rw --setactivationskip n --name root-restored-ex_1 bw/root-before-ex_1",
  "mount -t xfs -o nouuid /dev/bw/root-restored-ex_1 AT",
  "umount AT",
];
const ASIDE = "bw/root-before-restore-of-ex_1";

it("goes back by a copy that gets the root's name", async () => {
  const { lines, run } = machine(REPORT);
  expect(await of(run).restore("ex_1", async () => undefined)).toContain(ASIDE);
  expect(lines).toEqual([
    ...COPY,
    "lvchange --activate n bw/root-restored-ex_1",
    `lvrename bw/root ${ASIDE}`,
    "lvrename bw/root-restored-ex_1 bw/root",
    `lvchange --setactivationskip y ${ASIDE}`,
  ]);
});

it("says before the first name is changed what a person does when the power is lost before the second", async () => {
  const { lines, run } = machine(REPORT);
  const told: { readonly after: number; readonly text: string }[] = [];
  const warn = (text: string) => void told.push({ after: lines.length, text });
  await of(run).restore("ex_1", async () => undefined, warn);
  expect(told).toEqual([
    { after: lines.indexOf(`lvrename bw/root ${ASIDE}`), text: expect.stringContaining(`lvm lvrename ${ASIDE} bw/root`) },
  ]);
  // By its UUID the root is found whatever its volume is called.
  await of(run, "253:4", "root=UUID=1b2c ro").restore("ex_1", async () => undefined, warn);
  expect(told).toHaveLength(1);
});

it.each([
  ["the copy's preparation", () => false, COPY.slice(0, 3), []],
  ["the first name", (line: string) => line === `lvrename bw/root ${ASIDE}`, COPY, []],
  ["the second name", (line: string) => line === "lvrename bw/root-restored-ex_1 bw/root", COPY, [`lvrename ${ASIDE} bw/root`]],
  [
    "the last step",
    (line: string) => line.startsWith("lvchange --setactivationskip y"),
    COPY,
    ["lvrename bw/root bw/root-restored-ex_1", `lvrename ${ASIDE} bw/root`],
  ],
])("takes everything back where %s fails", async (what, fails, first, back) => {
  const { lines, run } = machine(REPORT, fails);
  const prepare = what.includes("preparation") ? () => Promise.reject(new Error("no")) : async () => undefined;
  await expect(of(run).restore("ex_1", prepare)).rejects.toThrow("no");
  expect(lines.slice(0, 3)).toEqual(first);
  expect(lines.slice(-1 - back.length)).toEqual([...back, "lvremove --yes bw/root-restored-ex_1"]);
});

it("keeps the copy, and warns of a reboot, where not even going back works", async () => {
  const { lines, run } = machine(REPORT, (line) => line.startsWith("lvrename bw/root-restored") || line.startsWith(`lvrename ${ASIDE}`));
  await expect(of(run).restore("ex_1", async () => undefined)).rejects.toThrow(`DO NOT REBOOT before \`lvrename ${ASIDE} bw/root\``);
  expect(lines.filter((line) => line.startsWith("lvremove"))).toEqual([]);
});

it("refuses where the boot names this very volume, or a restore already waits for its boot", async () => {
  const { lines, run } = machine(REPORT);
  const restore = (device: string, line: string, report = run) => of(report, device, line).restore("ex_1", async () => undefined);
  await expect(restore("253:4", "quiet root=/dev/dm-4")).rejects.toMatchObject({ problem: { code: "boots-by-number" } });
  const waiting = machine(REPORT.replace('"lv_name":"root"', '"lv_name":"root-before-restore-of-ex_9"'));
  await expect(restore("253:4", "root=UUID=1", waiting.run)).rejects.toMatchObject({ problem: { code: "restored-already" } });
  await expect(of(run).restore("ex_9", async () => undefined)).rejects.toMatchObject({ problem: { code: "no-snapshot" } });
  expect([lines, waiting.lines]).toEqual([[], []]);
});

it("tells names that a copy can get from those that it cannot", () => {
  for (const name of ["/dev/mapper/bw-root", "/dev/bw/root", "UUID=1b2c", "LABEL=root"])
    expect(bootsBy(`ro root=${name}\n`)).toBeUndefined();
  expect(bootsBy("BOOT_IMAGE=/vmlinuz quiet\n")).toBeUndefined();
  for (const name of ["/dev/dm-0", "/dev/disk/by-id/dm-uuid-LVM-abc", "254:3", "fe03"]) expect(bootsBy(`root=${name} ro`)).toBe(name);
  const fstab = "# / was on\n/dev/disk/by-id/dm-uuid-LVM-a / ext4 defaults 0 1\n/dev/disk/by-id/dm-uuid-LVM-b /var ext4 defaults 0 1\n";
  expect(nameRootInFstab(fstab, "/dev/bw/root")).toBe(fstab.replace("/dev/disk/by-id/dm-uuid-LVM-a", "/dev/bw/root"));
  const named = "UUID=1 / ext4 defaults 0 1\n";
  expect(nameRootInFstab(named, "/dev/bw/root")).toBe(named);
});
