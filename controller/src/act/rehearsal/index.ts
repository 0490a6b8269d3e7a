export * from "./representatives.ts";
export { requestRehearsals } from "./request.ts";
export { expireRehearsals, GATEWAY, giveUpRehearsals, settleRehearsal } from "./settle.ts";
