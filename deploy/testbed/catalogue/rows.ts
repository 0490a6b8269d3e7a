/** One fault of the catalogue. */
export interface Row {
  readonly id: string;
  readonly fault: string;
  /** Why it is not provoked on the test hosts, or what is not built. A row without it has a test of this id. */
  readonly notRun?: string;
}

/** apt and dpkg on one endpoint. */
const APT: readonly Row[] = [
  { id: "A1", fault: "dpkg's lock is held by another program" },
  { id: "A2", fault: "the lock on the package lists is held while they are refreshed" },
  { id: "A3", fault: "a repository is dead" },
  { id: "A4a", fault: "a repository's signature is bad" },
  { id: "A4b", fault: "a repository's index is past its date" },
  { id: "A4c", fault: "a package's bytes are not those that were signed" },
  { id: "A5", fault: "an administrator edited a configuration file that the new version changes" },
  { id: "A6a", fault: "dpkg was interrupted before, and its journal is dirty" },
  { id: "A6b", fault: "dpkg was left broken by somebody else and cannot be mended" },
  { id: "A7a", fault: "the new version's postinst fails" },
  { id: "A7b", fault: "the old version's prerm fails" },
  { id: "A8", fault: "the change would remove another package" },
  { id: "A8b", fault: "the change would bring a package that is not installed, as a kernel's meta package does" },
  { id: "A8c", fault: "a kernel's fix arrives as a package of another name, which its meta package brings" },
  { id: "A9a", fault: "the package is on hold when the plan is made" },
  { id: "A9b", fault: "the package is put on hold after the approval" },
  { id: "A9c", fault: "the administrator pins the old version after the approval" },
  { id: "A10", fault: "the vendor rolls the update out in phases" },
  { id: "A11", fault: "there is not enough space, and it can be known" },
  { id: "A12", fault: "space runs out while dpkg unpacks" },
  { id: "A13a", fault: "the approved version left the repository, and the lists say so" },
  { id: "A13b", fault: "the approved version left the repository, and the lists do not say so yet" },
  { id: "A14", fault: "services run libraries that were replaced; needrestart is installed" },
  { id: "A15", fault: "the change wants a restart of the machine" },
  { id: "A16a", fault: "daemons of clustered services would start while they are upgraded" },
  { id: "A16b", fault: "the power fails while daemons are kept from starting" },
  { id: "A16c", fault: "the owner has a policy-rc.d of his own, which lets them start" },
  { id: "A17a", fault: "the agent's own package is in the plan" },
  { id: "A17b", fault: "the agent's own package is in the plan, and its new build does not serve" },
  { id: "A18a", fault: "a package's script restarts the agent in the middle of its own change" },
  { id: "A18b", fault: "apt is killed while a script of a package runs" },
  { id: "A18c", fault: "the kernel ends a package's script for want of memory" },
  { id: "A19", fault: "the machine is restarted in the middle of a transaction" },
  { id: "A20a", fault: "the machine's time zone is changed in the middle of an execution" },
  { id: "A20b", fault: "the clock jumps by a year in the middle of an execution, and is set right later" },
  { id: "A20c", fault: "the clock is wrong by three hours, and by a year, when a command comes" },
  { id: "A21", fault: "another language, and wrappers named apt, apt-get, apt-cache and dpkg-query first in the path" },
  { id: "A22", fault: "a release is out of its archive: its Release file is gone (404)" },
  { id: "A23", fault: "software outside the package manager" },
];

const EXECUTION: readonly Row[] = [
  { id: "H1", fault: "a script of a package never ends" },
  { id: "C1", fault: "the change takes the network down" },
  { id: "C2", fault: "two packages can only go back together" },
  { id: "C3", fault: "a version was rolled back and is still offered" },
  { id: "C4", fault: "the installed version's bytes cannot be had any more" },
  { id: "K1", fault: "the executor is killed at each record of an execution's journal" },
  { id: "K2", fault: "the executor is killed at each record of a rollback's journal" },
  { id: "K3", fault: "the executor is killed at each record of an execution that undoes itself" },
  { id: "K4", fault: "executor and connection part are killed together while dpkg is at work" },
  { id: "K5", fault: "the executor is killed at each record of a change that brings a new package, and of its rollback" },
  { id: "P1", fault: "power is lost in each phase of an execution" },
  { id: "P2", fault: "the disk is full when the command comes" },
  { id: "P3", fault: "the disk gets full between the download and dpkg's work" },
  { id: "P3b", fault: "the disk gets full in any phase of an execution" },
  { id: "P4", fault: "the disk fails: its file system becomes read-only between the download and dpkg's work" },
  { id: "P4b", fault: "the disk becomes read-only in any phase of an execution" },
  { id: "P5a", fault: "a disk returns other bytes of kept and of fetched packages than it was given" },
  { id: "P5b", fault: "a disk returns other bytes of the journal than it was given" },
  {
    id: "P5c",
    fault: "a disk forgets what was synced",
    notRun:
      "The hosts' disks are files behind a loop device, which forgets nothing of it, and the kernel that the tests run on has no device mapper (dmsetup targets: no such device), so neither dm-flakey nor dm-dust.",
  },
  { id: "P6a", fault: "/boot has no room for a new initramfs, and it can be known" },
  { id: "P6b", fault: "/boot gets full while an initramfs is written" },
  { id: "P6c", fault: "a new kernel does not boot, and another one does but is not well" },
  { id: "P7", fault: "the kernel ends the executor for want of memory in any phase of an execution" },
];

const NO_DNF5 = "Debian has no dnf5. That it is told from dnf 4, and that nothing is done with it, is tested in agent/src/packages/dnf.";
/** dnf 4 and rpm on one endpoint. */
const RPM: readonly Row[] = [
  { id: "R1", fault: "exit codes of dnf: 100 where updates are pending, and dnf that cannot answer" },
  { id: "R2", fault: "configuration files were edited (.rpmnew, .rpmsave)" },
  { id: "R3", fault: "%post fails and the transaction counts as done" },
  { id: "R4", fault: "%pre fails" },
  { id: "R5", fault: "a dependency is broken and upgrade does nothing" },
  { id: "R6", fault: "the old build is gone" },
  { id: "R7a", fault: "dnf is killed in the middle of an execution: both versions in the database" },
  { id: "R7b", fault: "somebody else's dnf was killed in the middle" },
  { id: "R8", fault: "the lock is held" },
  { id: "R9a", fault: "a repository of rpm is dead, and dnf skips it in silence" },
  { id: "R9b", fault: "the signature of a repository of rpm is bad" },
  { id: "R9c", fault: "an rpm's bytes are not those that were signed" },
  { id: "R10", fault: "the change wants restarts of services and machine" },
  { id: "R11", fault: "a repository of rpm without updateinfo: nobody says what is a security update" },
  { id: "R12", fault: "history undo on dnf5", notRun: NO_DNF5 },
  { id: "R13", fault: "offline transactions", notRun: `Not built. ${NO_DNF5}` },
  { id: "R14", fault: "rpms are rolled back, and the bad version is still offered" },
  { id: "R15", fault: "executor and connection part are killed together while a script of an rpm runs" },
];

/** zypper and rpm on one endpoint. */
const ZYPPER: readonly Row[] = [
  { id: "Z1", fault: "zypper's lock is held" },
  { id: "Z2", fault: "%post fails, and zypper ends with a status of its own" },
  { id: "Z3", fault: "zypper's solver finds no way and asks a person" },
  { id: "Z4", fault: "a package is locked, before the plan is made and after the approval" },
  {
    id: "Z5",
    fault: "snapshots by snapper's plugin",
    notRun: "The hosts' root is no btrfs and has no snapper. That the agent's own snapshots are kept is tested in agent/src/snapshots.",
  },
  { id: "Z6", fault: "an rpm is rolled back with zypper, and the bad version and its patch are still offered" },
  { id: "Z7a", fault: "zypper and rpm are killed in the middle: both versions in the database" },
  { id: "Z7b", fault: "zypper is killed in the middle, and its rpm goes on" },
  { id: "Z8", fault: "a repository of zypper is dead" },
  { id: "Z9", fault: "the old build is gone, with zypper" },
  { id: "Z10", fault: "%pre fails, and zypper asks what to do" },
  { id: "Z11", fault: "configuration files were edited, with zypper" },
  { id: "Z12", fault: "the change wants a restart of the machine by /etc/zypp/needreboot" },
  {
    id: "Z13",
    fault: "a license to agree to, another vendor, an unsigned package",
    notRun: "Tried against the real zypper over a copy of a host's files; what it said there is tested in agent/src/packages/zypper.",
  },
];

const APK: readonly Row[] = [
  {
    id: "X1",
    fault: "Alpine's apk",
    notRun: "Not built: Debian has no apk-tools to try it with. Such machines are looked at only, and plans say so.",
  },
];

export const ROWS: readonly Row[] = [...APT, ...EXECUTION, ...RPM, ...ZYPPER, ...APK];
