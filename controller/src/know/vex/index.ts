export { readBelieved } from "./believed.ts";
export { type BelievedStatement, chooseStatement } from "./choose.ts";
export { isProduct } from "./product.ts";
export { MAX_VEX_BYTES, VEX_FORMATS, VEX_STATUSES } from "./statement.ts";
export { createVex } from "./vex.ts";
