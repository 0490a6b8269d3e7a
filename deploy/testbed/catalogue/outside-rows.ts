import { expect } from "vitest";
import { MINUTE } from "../fleet.ts";
import { type Host, until } from "../testbed.ts";
import type { Lab } from "./lab.ts";
import { fault } from "./record.ts";

interface Row {
  ecosystem: string;
  name: string;
  version: string | null;
  path: string;
  owner: string | null;
  openFindings: number | null;
}

/** Real packages of the archive, taken apart and laid where no package manager knows of them. */
const LAY = `set -e
rm -rf /opt/outside && mkdir -p /opt/outside/.in && cd /opt/outside/.in
apt-get -q download libcommons-io-java node-ms python3-six age >/dev/null
for deb in *.deb; do dpkg-deb -x "$deb" tree; done
mkdir -p ../app/lib ../app/node_modules ../venv/lib/python3.11/site-packages ../bin
cp -L tree/usr/share/java/commons-io.jar ../app/lib/
cp -rL tree/usr/share/nodejs/ms ../app/node_modules/
cp -r tree/usr/lib/python3/dist-packages/six* ../venv/lib/python3.11/site-packages/
cp tree/usr/bin/age ../bin/
cd .. && rm -rf .in
mkdir -p /snap/firefox/4848/meta /var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/${"a".repeat(64)}
printf 'name: firefox\\nversion: 131.0.2-1\\n' >/snap/firefox/4848/meta/snap.yaml
printf '[Application]\\nname=org.gimp.GIMP\\n' >/var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/${"a".repeat(64)}/metadata
`;
const WANTED = ["maven commons-io", "npm ms", "pypi six", "go stdlib", "snap firefox", "flatpak org.gimp.GIMP"];

/** What runs on a machine and no package manager of it knows. */
export function outsideRows(lab: Lab, host: Host): void {
  const components = async () =>
    await lab.controller.client.get<{ rows: Row[]; scan: { notLooked: { path: string; reason: string }[] } | null }>(
      `/endpoints/${lab.fleet.idOf(host)}/components?limit=1000`,
    );

  fault(
    "A23",
    [host],
    "Below /opt, owned by no package: a jar, a node_modules, a Python distribution and a Go program, all out of Debian's own packages; and what snapd and flatpak leave of an installed application.",
    async () => {
      await host.sh(LAY);
      await host.sh("rm -f /var/lib/breakwater-agent/components.json.gz && systemctl restart breakwater-agent.service");
      const named = (r: Row) => WANTED.find((w) => `${r.ecosystem} ${r.name}`.replace(/^maven .*:/, "maven ") === w);
      const found = await until("all of it to be listed", 8 * MINUTE, async () => {
        const rows = (await components()).rows.filter((r) => /^\/(?:opt\/outside|snap|var\/lib\/flatpak)\//.test(r.path));
        const missing = WANTED.filter((w) => !rows.some((r) => named(r) === w));
        if (missing.length > 0)
          throw new Error(`not listed: ${missing.join(", ")}; listed: ${rows.map((r) => `${r.ecosystem} ${r.name}`).join(", ")}`);
        return rows;
      });
      const one = (wanted: string) => found.find((r) => named(r) === wanted);
      expect(found.filter((r) => named(r)).every((r) => r.owner === null)).toBe(true);
      expect(one("npm ms")?.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(one("pypi six")?.version).toBe("1.16.0");
      // Whether a snap or a flatpak has flaws no feed says, and a version that nothing tells stays unknown.
      expect(one("snap firefox")).toMatchObject({ version: "131.0.2-1", openFindings: null });
      expect(one("flatpak org.gimp.GIMP")).toMatchObject({ version: null, openFindings: null });
      const refused = await lab.refusedPlan(host, "six", "1.17.0");
      expect(refused).toMatch(/nothing that can be planned|not/i);
      const list = WANTED.map((w) => `${w} ${one(w)?.version ?? "(version unknown)"}`).join(", ");
      return `Listed, with no owner among packages: ${list}. Inventory only: the command line and the API say that none of it is patched here, and a plan for one of them: “${refused}”`;
    },
    () => host.sh("rm -rf /opt/outside /snap /var/lib/flatpak"),
  );
}
