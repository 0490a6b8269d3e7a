import type { PidLock } from "../rpm/rpm-state.ts";

export const ZYPPER = "/usr/bin/zypper";

/** libzypp writes its pid here and empties the file afterwards; one that was killed leaves it. YaST and PackageKit take it too. */
export const ZYPP_LOCK: PidLock = { file: "/run/zypp.pid", holders: /^(?:zypp|packagekit|y2|yast|ruby|transactional|Main$)/i };

/** Of every call: nobody answers a question, so each gets zypper's own answer, which is the one that does nothing; lists are ours to fetch. */
export const ZYPPER_OPTIONS = ["--non-interactive", "--no-refresh"] as const;

/** What is asked for is done in these very versions or not at all, and nothing that is merely recommended comes along. */
export const INSTALL_OPTIONS = ["--no-recommends", "--oldpackage"] as const;

/** A package in zypper's words: NAME.ARCH=[EPOCH:]VERSION-RELEASE. */
export const exactly = (p: { readonly name: string; readonly architecture: string; readonly to: string }): string =>
  `${p.name}.${p.architecture}=${p.to}`;
