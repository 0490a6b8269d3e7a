export { type Brakes, createBrakes } from "./brakes.ts";
export { DROP_DIR } from "./dropped.ts";
export { FUSE_RESET_FILE } from "./rate-fuse.ts";
