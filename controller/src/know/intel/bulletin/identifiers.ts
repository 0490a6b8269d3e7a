import type { Evidence } from "./model.ts";

/** CVE ids as people and typesetters write them: any case, any hyphen. */
const CVE = /\bCVE[-\u2010-\u2015\u2212](\d{4})[-\u2010-\u2015\u2212](\d{4,19})(?!\d)/gi;
const ADVISORY =
  /\b(?:GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|(?:RH|AL|RL|EL)[SBE]A-\d{4}:\d{1,6}|(?:SUSE|openSUSE)-(?:SU|RU|FU|OU)-\d{4}:\d{1,6}(?:-\d+)?|(?:USN|DSA|DLA)-\d{1,5}-\d{1,3}|(?:RUSTSEC|PYSEC|OSV|GO|ICSA|ICSMA|VDE|FEDORA|ASA|GLSA)-\d{2,4}-[0-9a-z-]{1,12}\d|ADV\d{6}|KB\d{6,8}|cisco-sa-[a-z0-9-]{3,80})\b/gi;

export function readIds(text: string): ({ readonly id: string } & Evidence)[] {
  const found = new Map<string, { readonly id: string } & Evidence>();
  for (const match of text.matchAll(CVE)) {
    const id = `CVE-${match[1]}-${match[2]}`;
    if (!found.has(id)) found.set(id, { id, confidence: 1, span: { start: match.index, end: match.index + match[0].length } });
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export const readAdvisories = (text: string): string[] => [...new Set([...text.matchAll(ADVISORY)].map((m) => m[0]))].sort();
