export { vexDocument } from "./csaf/sample.testing.ts";
export { redHat, ubuntuOval } from "./oval/sample.testing.ts";
export { apiCve } from "./ubuntu/sample.testing.ts";
