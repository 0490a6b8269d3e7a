import Activity from "@lucide/svelte/icons/activity";
import Calendar from "@lucide/svelte/icons/calendar-days";
import ListOrdered from "@lucide/svelte/icons/list-ordered";
import Route from "@lucide/svelte/icons/route";
import ScrollText from "@lucide/svelte/icons/scroll-text";
import Server from "@lucide/svelte/icons/server";
import Settings from "@lucide/svelte/icons/settings";
import Waves from "@lucide/svelte/icons/waves";
import type { Component } from "svelte";
import AuditPage from "./pages/Audit.svelte";
import CalendarPage from "./pages/Calendar.svelte";
import DeploymentPage from "./pages/Deployment.svelte";
import DeploymentsPage from "./pages/Deployments.svelte";
import DueRulesPage from "./pages/DueRules.svelte";
import EndpointPage from "./pages/Endpoint.svelte";
import ExceptionsPage from "./pages/Exceptions.svelte";
import FindingPage from "./pages/Finding.svelte";
import FindingsPage from "./pages/Findings.svelte";
import FleetPage from "./pages/Fleet.svelte";
import GapsPage from "./pages/Gaps.svelte";
import NotFound from "./pages/NotFound.svelte";
import NowPage from "./pages/Now.svelte";
import PlanPage from "./pages/Plan.svelte";
import PlansPage from "./pages/Plans.svelte";
import QueuePage from "./pages/Queue.svelte";
import SettingsPage from "./pages/Settings.svelte";
import ViewPage from "./pages/View.svelte";

/** The rail, top to bottom. */
export const places = [
  { path: "/", name: "Now", icon: Activity },
  { path: "/queue", name: "Queue", icon: ListOrdered },
  { path: "/plans", name: "Plans", icon: Route },
  { path: "/deployments", name: "Deployments", icon: Waves },
  { path: "/fleet", name: "Fleet", icon: Server },
  { path: "/calendar", name: "Calendar", icon: Calendar },
  { path: "/audit", name: "Audit", icon: ScrollText },
  { path: "/settings", name: "Settings", icon: Settings },
] as const;

/** Pages that are not in the rail, for the palette. */
export const further = [
  { path: "/findings", name: "Findings" },
  { path: "/exceptions", name: "Exceptions" },
  { path: "/gaps", name: "Inventory gaps" },
  { path: "/due", name: "Due dates" },
] as const;

interface Resolved {
  title: string;
  place: string;
  // biome-ignore lint/suspicious/noExplicitAny: pages take different parameters; the table below pairs them
  page: Component<any>;
  parameters: Record<string, string>;
}

const table: [RegExp, string, string, Resolved["page"]][] = [
  [/^\/$/, "Now", "/", NowPage],
  [/^\/queue$/, "Queue", "/queue", QueuePage],
  [/^\/findings$/, "Findings", "/queue", FindingsPage],
  [/^\/findings\/(?<id>\d{1,15})$/, "Finding", "/queue", FindingPage],
  [/^\/exceptions$/, "Exceptions", "/queue", ExceptionsPage],
  [/^\/views\/(?<id>[\w-]+)$/, "Saved view", "", ViewPage],
  [/^\/plans$/, "Plans", "/plans", PlansPage],
  [/^\/plans\/(?<id>[\w-]+)$/, "Plan", "/plans", PlanPage],
  [/^\/deployments$/, "Deployments", "/deployments", DeploymentsPage],
  [/^\/deployments\/(?<id>[\w-]+)$/, "Deployment", "/deployments", DeploymentPage],
  [/^\/fleet$/, "Fleet", "/fleet", FleetPage],
  [/^\/fleet\/(?<id>[\w-]+)$/, "Endpoint", "/fleet", EndpointPage],
  [/^\/gaps$/, "Inventory gaps", "/fleet", GapsPage],
  [/^\/calendar$/, "Calendar", "/calendar", CalendarPage],
  [/^\/audit$/, "Audit", "/audit", AuditPage],
  [/^\/due$/, "Due dates", "/settings", DueRulesPage],
  [/^\/settings$/, "Settings", "/settings", SettingsPage],
];

/** Which page an address means. */
export function resolve(path: string): Resolved {
  for (const [pattern, title, place, page] of table) {
    const match = pattern.exec(path);
    if (match) return { title, place, page, parameters: { ...match.groups } };
  }
  return { title: "Not found", place: "", page: NotFound, parameters: { path } };
}
