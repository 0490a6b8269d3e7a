/** Whether the time zone database knows this name. By itself, so that a policy can be read without the library that reckons with zones. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
