export { judge } from "./judge.ts";
export { readJudgeFile } from "./read-judge-file.ts";
export type * from "./types.ts";
