import { afterAll, beforeAll } from "vitest";
import { ZypperLab } from "./zypper-lab.ts";
import { zypperRepositoryRows } from "./zypper-repository-rows.ts";
import { zypperRestartRows, zypperRows } from "./zypper-rows.ts";

// One Debian host that its owner has patched with zypper. Its rows go one after another; no two share a package.
const lab = new ZypperLab(1);

const PLAIN = ["bw-one", "bw-two", "bw-three", "bw-four", "bw-five", "bw-shop"];
const SLOW = ["bw-slow", "bw-late", "bw-long"];
const BAD = ["bw-conf", "bw-badpre", "bw-badpost", "bw-needs"];

beforeAll(() => lab.startWith([...PLAIN, ...SLOW, ...BAD]));
afterAll(() => lab.stop());

zypperRows(lab);
zypperRepositoryRows(lab);
zypperRestartRows(lab);
