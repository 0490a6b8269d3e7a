/** One socket that waits for peers, of /proc/net/{tcp,tcp6,udp,udp6} (proc_net_tcp in the kernel's documentation). */
export interface ListeningSocket {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

const TCP_LISTEN = "0A";
/** An unconnected UDP socket is in the state that TCP calls CLOSE. */
const UDP_UNCONNECTED = "07";

/**
 * @param ephemeral the kernel's range for client ports: an unconnected UDP socket in it is nearly always a client's
 * (a resolver's question), not a service.
 */
export function parseSockets(text: string, protocol: "tcp" | "udp", ephemeral: readonly [number, number]): ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const line of text.split("\n").slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (!local || !inode || state !== (protocol === "tcp" ? TCP_LISTEN : UDP_UNCONNECTED)) continue;
    const [hex = "", portHex = ""] = local.split(":");
    const port = Number.parseInt(portHex, 16);
    if (protocol === "udp" && port >= ephemeral[0] && port <= ephemeral[1]) continue;
    sockets.push({ protocol, address: addressOf(hex), port, inode });
  }
  return sockets;
}

/** The kernel prints 32-bit words in the machine's (little-endian) order. */
export function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse();
  if (bytes.length === 4) return bytes.join(".");
  // ::ffff:a.b.c.d is IPv4 that arrives at an IPv6 socket.
  if (bytes.subarray(0, 10).every((b) => b === 0) && bytes.readUInt16BE(10) === 0xffff) return bytes.subarray(12).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return shorten(groups);
}

/** RFC 5952: the longest run of zero groups becomes "::". */
function shorten(groups: readonly string[]): string {
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (groups[i + length] === "0") length++;
    if (length > best.length) best = { start: i, length };
  }
  if (best.start < 0) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}
