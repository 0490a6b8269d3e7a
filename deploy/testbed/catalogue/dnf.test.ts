import { afterAll, beforeAll } from "vitest";
import { DnfLab } from "./dnf-lab.ts";
import { dnfRepositoryRows } from "./dnf-repository-rows.ts";
import { dnfRows } from "./dnf-rows.ts";

// One Debian host that its owner has patched with dnf. Its rows go one after another; no two share a package.
const lab = new DnfLab(1);

const PLAIN = ["bw-one", "bw-two", "bw-three", "bw-four", "bw-five", "bw-shop"];
const SLOW = ["bw-slow", "bw-late", "bw-long", "bw-hang"];
const BAD = ["bw-conf", "bw-badpre", "bw-badpost", "bw-needs", "bw-daemon", "linux-firmware"];

beforeAll(() => lab.startWith([...PLAIN, ...SLOW, ...BAD]));
afterAll(() => lab.stop());

dnfRepositoryRows(lab);
dnfRows(lab);
