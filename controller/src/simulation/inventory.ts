import { sha256Hex } from "@breakwater/shared/command";
import { formatInstant, type Instant } from "@breakwater/shared/core";
import type { UpdateDescription__Output, WireInventory__Output } from "@breakwater/shared/wire";
import type { SimulatedEndpoint } from "./fleet.ts";
import { packagesOf, type SimulatedPackage, updateOf } from "./packages.ts";

/** Versions that were changed on a simulated endpoint, by package name. */
export type Versions = ReadonlyMap<string, string>;

interface Installed extends SimulatedPackage {
  readonly installed: string;
}

const installedOn = (endpoint: SimulatedEndpoint, versions: Versions): Installed[] =>
  packagesOf(endpoint.role).map((p) => ({ ...p, installed: versions.get(p.name) ?? p.version }));

/** The digest that stands for what the endpoint has installed. */
export const inventoryDigest = (endpoint: SimulatedEndpoint, versions: Versions): string =>
  sha256Hex(Buffer.from(JSON.stringify(installedOn(endpoint, versions).map((p) => [p.name, p.installed]))));

/** What the endpoint's agent would report: the wire's own type, so that it goes through the same door. */
export function inventoryOf(endpoint: SimulatedEndpoint, versions: Versions, at: Instant): WireInventory__Output {
  const installed = installedOn(endpoint, versions);
  const owner = packagesOf(endpoint.role).find((p) => endpoint.unit.startsWith(p.name.replace(/-\d+$/, "")))?.name ?? "";
  const port = endpoint.check.kind === "tcp" ? endpoint.check.port : endpoint.role === "web" ? 443 : 0;
  return {
    os: {
      id: "debian",
      versionId: "12",
      prettyName: "Debian GNU/Linux 12 (bookworm)",
      codename: "bookworm",
      architecture: "amd64",
      kernelRelease: "6.1.0-25-amd64",
      virtualization: "simulated",
    },
    packages: installed.map((p) => ({
      ecosystem: "deb",
      name: p.name,
      version: p.installed,
      architecture: "amd64",
      sourceName: p.source,
      sourceVersion: p.installed,
      status: "installed",
      held: false,
      vendor: p.vendor,
      section: "admin",
      installedSizeBytes: p.sizeBytes * 3,
      essential: p.name === "bash" || p.name === "dpkg",
      module: "",
    })),
    components: [],
    componentScan: null,
    containerRuntimes: [],
    network: null,
    lostVersions: [],
    pendingUpdates: pendingOf(installed),
    services: [
      { unit: "ssh.service", activeState: "active", subState: "running", mainPid: 700, restarts: 0, package: "openssh-server" },
      { unit: endpoint.unit, activeState: "active", subState: "running", mainPid: 900, restarts: 0, package: owner },
    ],
    listeners: [
      {
        protocol: "tcp",
        address: "10.0.0.2",
        port: 22,
        scope: "private",
        pid: 700,
        process: "sshd",
        package: "openssh-server",
        unit: "ssh.service",
        namespace: "",
      },
      ...(port === 0
        ? []
        : [
            {
              protocol: "tcp",
              address: endpoint.exposure === "public" ? "203.0.113.2" : "10.0.0.2",
              port,
              scope: endpoint.exposure,
              pid: 900,
              process: endpoint.unit.replace(".service", ""),
              package: owner,
              unit: endpoint.unit,
              namespace: "",
            },
          ]),
    ],
    loadedPackages: [
      {
        name: "libc6",
        pids: [700, 900],
        units: ["ssh.service", endpoint.unit],
        restartNeeded: false,
        files: [],
        stale: [],
        reach: endpoint.exposure,
      },
      {
        name: "libssl3",
        pids: [700, 900],
        units: ["ssh.service", endpoint.unit],
        restartNeeded: false,
        files: [],
        stale: [],
        reach: endpoint.exposure,
      },
      ...(owner === ""
        ? []
        : [{ name: owner, pids: [900], units: [endpoint.unit], restartNeeded: false, files: [], stale: [], reach: endpoint.exposure }]),
    ],
    kernel: { running: "6.1.0-25-amd64", newestInstalled: "6.1.0-25-amd64", package: "linux-image-6.1.0-25-amd64", runningVersion: "" },
    reboot: { needed: false, reasons: [], kernelFallback: "" },
    repositories: [
      {
        uri: "http://security.debian.org/debian-security",
        suite: "bookworm-security",
        origin: "Debian",
        label: "Debian-Security",
        releaseDate: formatInstant(at),
        validUntil: "",
        state: "trusted",
        detail: "",
      },
    ],
    hardware: {
      cpus: endpoint.role === "build" ? 16 : 4,
      memoryBytes: 16 * 2 ** 30,
      manufacturer: "Breakwater",
      model: "Simulated endpoint",
      serialNumber: "",
      systemUuid: "",
      fileSystems: [
        {
          mountPoint: "/",
          type: "ext4",
          sizeBytes: 80 * 2 ** 30,
          availableBytes: Math.round(80 * 2 ** 30 * (1 - endpoint.usual.diskPercent / 100)),
        },
      ],
    },
    problems: [],
    collectedAt: formatInstant(at),
  };
}

function pendingOf(installed: readonly Installed[]): WireInventory__Output["pendingUpdates"] {
  return installed.flatMap((p) => {
    const update = updateOf(p.source);
    if (!update || update.to === p.installed) return [];
    return [
      {
        ecosystem: "deb",
        name: p.name,
        architecture: "amd64",
        installedVersion: p.installed,
        candidateVersion: update.to,
        sourceName: p.source,
        sourceVersion: update.to,
        origin: update.origin,
        label: update.label,
        suite: update.suite,
        security: update.security,
        downloadSizeBytes: p.sizeBytes,
        phasedPercent: 100,
        held: false,
        brings: [],
        bringsUnknown: false,
      },
    ];
  });
}

/** What the endpoint reads in the changelogs of its pending updates. */
export function descriptionsOf(endpoint: SimulatedEndpoint, versions: Versions): UpdateDescription__Output[] {
  return pendingOf(installedOn(endpoint, versions)).flatMap((p) => {
    const update = updateOf(p.sourceName);
    if (!update) return [];
    return [
      {
        update: {
          ecosystem: p.ecosystem,
          name: p.name,
          architecture: p.architecture,
          fromVersion: p.installedVersion,
          toVersion: p.candidateVersion,
        },
        cves: [...update.cves],
        urgency: update.urgency,
        changelog: `${p.sourceName} (${update.to}) ${update.suite}; urgency=${update.urgency}\n\n  * ${update.changelog}\n`,
        maintainerScripts: ["postinst"],
        problem: "",
      },
    ];
  });
}
