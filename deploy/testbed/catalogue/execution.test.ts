import { afterAll, beforeAll } from "vitest";
import type { Host } from "../testbed.ts";
import { killRows } from "./kill-rows.ts";
import { Lab } from "./lab.ts";
import { storageRows } from "./storage-rows.ts";

// What ends the executor, or the machine under it, in the middle of an execution. Rows of different hosts run side by side.
const lab = new Lab([1, 2, 3, 4, 5]);
const [h1, h2, h3, h4, h5] = lab.hosts as [Host, Host, Host, Host, Host];

beforeAll(() => lab.start({ "bw-conffile": "1.1", "bw-badpostinst": "1.1", "bw-slow": "1.1", "bw-meta": "1.1" }));
afterAll(() => lab.stop());

killRows(lab, { there: [h1, h2], undone: [h3], together: h5 });
storageRows(lab, [h5, h4, h4]);
