import { isIP, isIPv4 } from "node:net";

/** What boards without a serial number of their own say instead. */
const NO_SERIAL =
  /^(0+|1234567890?|x+|\.+|-+|none|n\/?a|null|unknown|default string|not (specified|available|applicable|present)|to be filled by o\.?e\.?m\.?|system serial number|chassis serial number|empty|invalid|oem)$/i;
const NO_UUID = /^(0{32}|f{32}|03000200040005000006000700080009)$/;
const MAX_SERIAL = 128;

/** Upper case without spaces; "" for what is none. */
export function serialOf(text: string): string {
  const serial = text.trim();
  return serial.length > MAX_SERIAL || NO_SERIAL.test(serial) ? "" : serial.toUpperCase().replace(/\s+/g, "");
}

/** A machine id or an SMBIOS UUID as 32 hexadecimal digits; "" for what is neither. */
export function machineIdOf(text: string): string {
  const id = text.trim().toLowerCase().replace(/[-{}]/g, "");
  return /^[0-9a-f]{32}$/.test(id) && !NO_UUID.test(id) ? id : "";
}

/** "52:54:00:12:34:56" of any common spelling; "" for what is no address of a card. */
export function macOf(text: string): string {
  const hex = text.trim().toLowerCase().replace(/[:.-]/g, "");
  return /^[0-9a-f]{12}$/.test(hex) && !/^(0{12}|f{12})$/.test(hex) ? (hex.match(/../g) ?? []).join(":") : "";
}

/** An IP address without its prefix, in the one spelling that we compare; "" for what is none. */
export function addressOf(text: string): string {
  const address = (text.trim().split("/")[0] ?? "").replace(/%.*$/, "");
  if (isIPv4(address)) return address;
  // The URL parser writes IPv6 as RFC 5952 asks.
  return isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : "";
}

/** Loopback, link-local and "any": every machine may have them, so that they tell none from another. */
export const tellsMachinesApart = (address: string): boolean =>
  address !== "" && !/^(127\.|169\.254\.|0\.0\.0\.0$|::1?$|fe[89ab])/i.test(address);

/** A host's name as names are compared: lower case, without the root's dot. */
export const hostNameOf = (text: string): string => text.trim().toLowerCase().replace(/\.$/, "");
export const shortNameOf = (name: string): string => (isIP(name) ? name : (name.split(".")[0] ?? ""));

/** A piece of software's name as names are compared: its letters, digits, "+" and "#". */
export const softwareNormal = (name: string): string => name.toLowerCase().replace(/[^a-z0-9+#]/g, "");
const VERSION_AT_END = /[\s,]+v?\d[\w.+:~-]*$/i;
const ARCHITECTURE = /\s*[([]?\b(x86[_-]64|x64|amd64|i[3-6]86|arm64|aarch64|noarch|(32|64)[- ]?bit)\b[)\]]?\s*$/i;

/** A listed piece of software as name and version: "OpenSSL 3.0.11 (64-bit)" with no version beside it says both. */
export function softwareOf(listed: string, version: string): { readonly name: string; readonly version: string } {
  const name = listed.trim().replace(ARCHITECTURE, "");
  const [tail] = VERSION_AT_END.exec(name) ?? [];
  const told = version.trim();
  if (tail === undefined) return { name, version: told };
  const inName = tail.replace(/^[\s,]+v?/i, "");
  if (told === "") return { name: name.slice(0, -tail.length), version: inName };
  // "PHP 8.2" of version 8.2.1 repeats it; the 4 of "Log4j 4" of another version may be part of the name.
  return told === inName || told.startsWith(`${inName}.`) ? { name: name.slice(0, -tail.length), version: told } : { name, version: told };
}
