export { rehearseInside } from "./inside.ts";
export { createRehearsals, type Rehearsals } from "./rehearsals.ts";
