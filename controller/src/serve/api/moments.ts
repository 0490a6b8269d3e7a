/** A moment column as the drivers return it ("2026-01-01 00:00:00+00") to RFC 3339 in UTC. */
export const iso = (moment: string): string => new Date(moment).toISOString();
export const isoOrNull = (moment: string | null | undefined): string | null => (moment ? iso(moment) : null);
