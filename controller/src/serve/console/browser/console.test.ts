import { afterAll, beforeAll } from "vitest";
import { everyPage } from "./every-page.ts";
import { findings } from "./findings.ts";
import { mainJob } from "./main-job.ts";
import { rules } from "./rules.ts";
import { raiseStage, strikeStage } from "./stage.ts";
import { wayIn } from "./way-in.ts";

beforeAll(raiseStage);
afterAll(strikeStage);

// In this order: each goes on where the one before has left the controller.
wayIn();
mainJob();
rules();
findings();
everyPage();
