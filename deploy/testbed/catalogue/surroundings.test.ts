import { afterAll, beforeAll } from "vitest";
import type { Host } from "../testbed.ts";
import { bootRows } from "./boot-rows.ts";
import { clockRows } from "./clock-rows.ts";
import { clusterRows } from "./cluster-rows.ts";
import { damageRows } from "./damage-rows.ts";
import { Lab } from "./lab.ts";
import { outsideRows } from "./outside-rows.ts";

// What lies around the package manager: clusters, clocks, disks that lie, /boot, software of other hands.
const lab = new Lab([1, 2, 3, 4, 5]);
const [h1, h2, h3, h4, h5] = lab.hosts as [Host, Host, Host, Host, Host];

beforeAll(() => lab.start({ "bw-cluster": "1.1", "bw-boot": "1.1", "bw-conffile": "1.1", "bw-plain": "1.1", "bw-slow": "1.1" }));
afterAll(() => lab.stop());

clusterRows(lab, h1);
clockRows(lab, [h2, h3]);
damageRows(lab, h4);
bootRows(lab, h5);
outsideRows(lab, h2);
