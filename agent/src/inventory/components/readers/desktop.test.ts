import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyCache } from "../cache.ts";
import { scan } from "../scan.ts";
import { scanSettingsSchema } from "../settings.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "desktop-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const look = async () => {
  const settings = scanSettingsSchema.parse({ roots: [root] });
  const { result } = await scan({ settings, clock: { now: () => Date.now() as never }, before: emptyCache() });
  return {
    found: result.components.map((c) => `${c.ecosystem} ${c.name} ${c.version}`).sort(),
    notLooked: result.notLooked.map((n) => `${n.path.replace(root, "")}: ${n.reason}`),
  };
};
const COMMIT = "a".repeat(64);

describe("snaps", () => {
  it("are told in each revision that is mounted, a version that YAML spoils as unknown", async () => {
    put("snap/firefox/4848/meta/snap.yaml", "name: firefox\nversion: 131.0.2-1\nsummary: A browser\n");
    put("snap/firefox/4793/meta/snap.yaml", "name: firefox\nversion: '131.0'\n");
    put("snap/tool/3/meta/snap.yaml", "name: tool\nversion: 1.10\n");
    put("srv/project/meta/snap.yaml", "name: project\nversion: '1'\n");
    expect((await look()).found).toEqual(["snap firefox 131.0", "snap firefox 131.0.2-1", "snap tool "]);
  });

  it("that cannot be read are said", async () => {
    put("snap/odd/1/meta/snap.yaml", "version: [\n");
    put("snap/nameless/1/meta/snap.yaml", "version: '1'\n");
    expect((await look()).notLooked.sort()).toEqual([
      "/snap/nameless/1/meta/snap.yaml: it names no snap",
      "/snap/odd/1/meta/snap.yaml: it is no YAML",
    ]);
  });
});

describe("flatpaks", () => {
  it("are told with the release that their description names, runtimes with their branch, else as unknown", async () => {
    const app = `var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/${COMMIT}`;
    put(`${app}/metadata`, "[Application]\nname=org.gimp.GIMP\nruntime=org.gnome.Platform/x86_64/46\n\n[Context]\nname=other\n");
    put(`${app}/files/share/metainfo/org.gimp.GIMP.metainfo.xml`, '<component><releases><release date="2024-05-05" version="2.10.38"/>');
    put(`var/lib/flatpak/app/org.plain.App/x86_64/stable/${COMMIT}/metadata`, "[Application]\nname=org.plain.App\n");
    put(`var/lib/flatpak/runtime/org.gnome.Platform/x86_64/46/${COMMIT}/metadata`, "[Runtime]\nname=org.gnome.Platform\n");
    expect((await look()).found).toEqual(["flatpak org.gimp.GIMP 2.10.38", "flatpak org.gnome.Platform 46", "flatpak org.plain.App "]);
  });
});
