export * from "./outbox-command.ts";
