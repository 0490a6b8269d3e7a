import { readFile, stat } from "node:fs/promises";
import { broken, type Finding, good } from "./finding.ts";

const USER = "breakwater-agent";

/** Who the agent runs as. Whoever runs doctor, it is the agent's own rights that count. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gids: readonly number[];
}

/** The package's user, else whoever we are: in a development tree there is no such user. */
export async function agentUser(): Promise<User> {
  const lines = (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n");
  const fields = lines.find((l) => l.startsWith(`${USER}:`))?.split(":");
  if (fields) return { name: USER, uid: Number(fields[2]), gids: [Number(fields[3])] };
  return { name: "you", uid: process.getuid?.() ?? 0, gids: process.getgroups?.() ?? [] };
}

/** Whether a user has all of the rights (a sum of 4 read, 2 write, 1 enter) by a file's mode (path_resolution(7)). */
export function allows(file: { readonly mode: number; readonly uid: number; readonly gid: number }, user: User, rights: number): boolean {
  if (user.uid === 0) return true;
  const shift = file.uid === user.uid ? 6 : user.gids.includes(file.gid) ? 3 : 0;
  return ((file.mode >> shift) & rights) === rights;
}

export async function examinePermissions(stateDir: string, user: User): Promise<Finding> {
  const hop = "state directory";
  const found = await stat(stateDir).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error)
    return found.code === "ENOENT"
      ? broken(hop, `${stateDir} does not exist`, "breakwater-agent enroll makes it.")
      : broken(hop, `${stateDir}: ${found.code}`, "Run doctor as root.");
  if (!found.isDirectory()) return broken(hop, `${stateDir} is no directory`, "Move it away; breakwater-agent enroll makes a directory.");
  if (!allows(found, user, 7))
    return broken(
      hop,
      `${stateDir} cannot be written by ${user.name} (mode ${(found.mode & 0o777).toString(8)}, owner ${found.uid}:${found.gid})`,
      `chown -R ${USER}: ${stateDir}; chmod 750 ${stateDir}`,
    );
  if ((found.mode & 0o002) !== 0) return broken(hop, `${stateDir} is writable by everyone`, `chmod o-w ${stateDir}`);
  const identity = await stat(`${stateDir}/identity.json`).catch(() => undefined);
  if (identity && !allows(identity, user, 6))
    return broken(hop, `identity.json in it cannot be read and renewed by ${user.name}`, `chown ${USER}: ${stateDir}/identity.json`);
  return good(hop, `${stateDir} can be written by ${user.name}`);
}

/** The socket of the root part: whether the agent may ask there at all. @returns undefined when nothing stands in the way */
export async function socketObstacle(path: string, user: User): Promise<Finding | undefined> {
  const hop = "executor";
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) return undefined;
  if (!found.isSocket()) return broken(hop, `${path} is no socket`, "Remove it and: systemctl restart breakwater-executor.socket");
  if (allows(found, user, 6)) return undefined;
  return broken(
    hop,
    `${user.name} may not ask at ${path} (mode ${(found.mode & 0o777).toString(8)}, owner ${found.uid}:${found.gid})`,
    "systemctl restart breakwater-executor.socket makes it anew; look for a drop-in that changes SocketMode or SocketGroup.",
  );
}
