export { vexDocument } from "./csaf/sample.testing.ts";
