/**
 * A few widely known vulnerabilities, so that a scenario which names only a product and a range can be told the first
 * fixed version. Facts with their sources; what is not here is said to be unknown.
 */
export interface KnownFix {
  readonly id: string;
  readonly product: RegExp;
  readonly name: string;
  /** Last affected and first fixed version of the branch that most people run. */
  readonly lastAffected: string;
  readonly fixed: string;
  /** Base score as published by the vendor or NVD. */
  readonly cvss: number;
  readonly source: string;
  /** What lessens the risk until it is patched. */
  readonly mitigation: string;
  /** Other branches, prerequisites: what a reader must know besides. */
  readonly remark?: string;
}

const LOG4J = "https://logging.apache.org/security.html";
const log4j = /log4j/i;

export const KNOWN_FIXES: readonly KnownFix[] = [
  {
    id: "CVE-2021-44228",
    product: log4j,
    name: "Apache Log4j",
    lastAffected: "2.14.1",
    fixed: "2.15.0",
    cvss: 10,
    source: LOG4J,
    mitigation: "Remove org/apache/logging/log4j/core/lookup/JndiLookup.class from log4j-core, and block outgoing LDAP and RMI.",
    remark: "2.15.0 was itself found incomplete (CVE-2021-45046); go to 2.17.1 or later.",
  },
  {
    id: "CVE-2021-45046",
    product: log4j,
    name: "Apache Log4j",
    lastAffected: "2.15.0",
    fixed: "2.16.0",
    cvss: 9,
    source: LOG4J,
    mitigation: "Remove JndiLookup.class from log4j-core.",
    remark: "2.16.0 is affected by CVE-2021-45105; go to 2.17.1 or later.",
  },
  {
    id: "CVE-2021-45105",
    product: log4j,
    name: "Apache Log4j",
    lastAffected: "2.16.0",
    fixed: "2.17.0",
    cvss: 5.9,
    source: LOG4J,
    mitigation: "Replace context lookups (the ctx: kind) in pattern layouts by thread context map patterns (%X).",
  },
  {
    id: "CVE-2021-44832",
    product: log4j,
    name: "Apache Log4j",
    lastAffected: "2.17.0",
    fixed: "2.17.1",
    cvss: 6.6,
    source: LOG4J,
    mitigation:
      "Keep logging configurations writable by nobody but their owner and load none over the network; configure no JDBC appender with a JNDI data source.",
    remark: "Fixed in 2.12.4 for Java 7 and 2.3.2 for Java 6.",
  },
  {
    id: "CVE-2014-0160",
    product: /openssl/i,
    name: "OpenSSL",
    lastAffected: "1.0.1f",
    fixed: "1.0.1g",
    cvss: 7.5,
    source: "https://openssl-library.org/news/vulnerabilities/",
    mitigation: "Rebuild without heartbeats (-DOPENSSL_NO_HEARTBEATS); afterwards renew keys and certificates.",
    remark: "Private keys may have leaked: renew certificates and sessions after the patch.",
  },
  {
    id: "CVE-2024-6387",
    product: /openssh|sshd/i,
    name: "OpenSSH",
    lastAffected: "9.7p1",
    fixed: "9.8p1",
    cvss: 8.1,
    source: "https://www.openssh.com/security.html",
    mitigation: "Set LoginGraceTime 0 in sshd_config (this allows connection slots to be exhausted), and restrict who reaches port 22.",
    remark: "Distributions fix it in their own versions; look at the advisory of yours.",
  },
  {
    id: "CVE-2021-42013",
    product: /apache (http|web)|httpd/i,
    name: "Apache HTTP Server",
    lastAffected: "2.4.50",
    fixed: "2.4.51",
    cvss: 9.8,
    source: "https://httpd.apache.org/security/vulnerabilities_24.html",
    mitigation: "Make sure that the root directory is under 'Require all denied', and disable CGI.",
  },
  {
    id: "CVE-2024-3094",
    product: /\bxz\b|liblzma/i,
    name: "XZ Utils",
    lastAffected: "5.6.1",
    fixed: "5.6.2",
    cvss: 10,
    source: "https://tukaani.org/xz-backdoor/",
    mitigation: "Go back to 5.4.x, and treat endpoints that ran sshd with 5.6.0 or 5.6.1 as compromised.",
  },
  {
    id: "CVE-2022-22965",
    product: /spring (framework|core|mvc)|spring4shell/i,
    name: "Spring Framework",
    lastAffected: "5.3.17",
    fixed: "5.3.18",
    cvss: 9.8,
    source: "https://spring.io/security/cve-2022-22965",
    mitigation: "Disallow binding to class.* fields with a global @InitBinder.",
    remark: "Fixed in 5.2.20 for the 5.2 branch.",
  },
];

/** Known vulnerabilities of a product whose affected range ends at this version, or that carry one of these ids. */
export function knownFixes(product: string, lastAffected: string | undefined, ids: readonly string[]): readonly KnownFix[] {
  return KNOWN_FIXES.filter((k) => ids.includes(k.id) || (k.product.test(product) && k.lastAffected === lastAffected));
}
