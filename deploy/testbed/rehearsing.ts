import { signRehearsal } from "@breakwater/shared/command";
import { systemClock } from "@breakwater/shared/core";
import { expect } from "vitest";
import type { Plan, Rehearsals } from "./client.ts";
import type { Controller } from "./controller.ts";
import { MINUTE } from "./fleet.ts";
import { type Host, until } from "./testbed.ts";

/** A plan that exists to be rehearsed on one endpoint, once the update is known there. */
export async function planToRehearse(controller: Controller, endpointId: string, name: string, to: string): Promise<Plan> {
  const { id } = await until(`a plan for ${name} ${to}`, 5 * MINUTE, () =>
    controller.client
      .post<{ id: string }>("/plans", {
        title: `Rehearse ${name}`,
        select: { patches: [{ packageName: name, toVersion: to }], endpointIds: [endpointId] },
        rehearsal: "only",
      })
      .catch(() => undefined),
  );
  return controller.client.get<Plan>(`/plans/${id}`);
}

export async function rehearse(controller: Controller, plan: Plan): Promise<void> {
  const permission = signRehearsal(plan.digest, controller.key.privateKeyPem, "ada", systemClock.now());
  await controller.client.post(`/plans/${plan.id}/rehearse`, {
    revision: plan.revision,
    digest: plan.digest,
    permission: { keyId: permission.keyId, signature: Buffer.from(permission.signature).toString("base64"), at: permission.at },
  });
}

export const rehearsalsOf = (controller: Controller, plan: Plan): Promise<Rehearsals> =>
  controller.client.get<Rehearsals>(`/plans/${plan.id}/rehearsals`);

export const rehearsalEnded = (controller: Controller, plan: Plan) =>
  until(`the rehearsal of "${plan.title}" to end`, 8 * MINUTE, async () => {
    const [row] = (await rehearsalsOf(controller, plan)).rows;
    return row?.state === "ended" ? row : undefined;
  });

/** Nothing of a copy is left: no unit, no mount, no bytes. */
export async function nothingLeftOn(host: Host): Promise<void> {
  expect(await host.sh("systemctl list-units --all --plain --no-legend 'breakwater-rehearsal-*'")).toBe("");
  expect(await host.sh("grep -c rehearsals /proc/1/mountinfo || true")).toMatch(/^0/);
  expect(await host.sh("find /var/lib/breakwater-executor/rehearsals -mindepth 2 ! -name reports.json ! -name acknowledged")).toBe("");
  expect(await host.sh("ls /var/lib/breakwater-executor/archives")).toBe("");
}

/** What a rehearsal said and what it cost, as a line of a table. */
const COST_HEAD = ["package", "to", "said", "how", "s", "CPU s", "layer MB", "host"] as const;
export function costRow(name: string, to: string, row: Rehearsals["rows"][number]): readonly string[] {
  const warned = row.report?.warnings.join(" ") ?? "";
  const { cost, host } = row.report ?? {};
  return [
    ...[name, to, row.verdict === "failed" ? "caught" : warned ? "noticed" : (row.verdict ?? "")],
    row.failureClass || warned.slice(0, 20) || "-",
    cost?.seconds.toFixed(0) ?? "-",
    cost?.cpuSeconds.toFixed(1) ?? "-",
    cost ? (cost.diskBytes / 1e6).toFixed(1) : "-",
    host?.untouched ? "untouched" : "differs",
  ];
}
export const costTable = (rows: readonly (readonly string[])[]): string =>
  [COST_HEAD, ...rows].map((row) => row.map((cell, i) => cell.padEnd([15, 12, 8, 20, 6, 6, 9, 10][i] ?? 0)).join(" ")).join("\n");
