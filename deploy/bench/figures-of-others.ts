/** As published by whoever makes it or runs it, not measured by us. */
export const FIGURES_OF_OTHERS = [
  { product: "PatchMon agent (Go)", figure: "15 to 30 MB RSS, some 15 MB of disk, claimed", source: "PatchMon operator guide" },
  {
    product: "osquery (Fleet)",
    figure: "limit of its watchdog 200 MB; restarts its worker in a loop beyond",
    source: "osquery documentation; fleetdm/fleet issue on the watchdog",
  },
  {
    product: "node_exporter (Go)",
    figure: "no figure published; users who report a leak expect it to stay at some 50 MB",
    source: "prometheus/node_exporter, issue 859",
  },
  { product: "Landscape client", figure: "four or more Python processes; no figure published", source: "canonical/landscape-client" },
] as const;
