import { lockHolderOf } from "../lock-holders.ts";

/** Who holds dpkg's locks, if anybody does. */
export const dpkgLockHolder = (): Promise<string | undefined> => lockHolderOf(["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"]);
