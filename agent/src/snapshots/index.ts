export { createSnapshots } from "./btrfs.ts";
export { noSnapshots, type Snapshots, type Taken } from "./snapshots.ts";
