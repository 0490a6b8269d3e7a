export { createSnapshots } from "./choose.ts";
export { noSnapshots, type Snapshots, type Taken } from "./snapshots.ts";
