import { describe, expect, it } from "vitest";
import { parseReleases } from "../../inventory/apt-policy.ts";
import { originsOf, parseOffers } from "./origins.ts";

const POLICY = `Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://deb.example.org/debian-security bookworm-security/main amd64 Packages
     release v=12,o=Debian,a=oldstable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64
 500 http://mallory.example.org ./ Packages
     release o=Mallory,a=stable,n=stable,l=Mallory,c=,b=amd64
`;
const OPENSSL = `openssl:
  Installed: 3.0.17-1~deb12u2
  Candidate: 3.0.18-1~deb12u1
  Version table:
     3.0.18-1~deb12u1 500
        500 http://deb.example.org/debian-security bookworm-security/main amd64 Packages
     3.0.17-9 400
        500 http://mallory.example.org ./ Packages
 *** 3.0.17-1~deb12u2 100
        100 /var/lib/dpkg/status
`;
const change = (to: string) => ({ manager: "apt" as const, name: "openssl", architecture: "amd64", from: "3.0.17-1~deb12u2", to });

describe("origins of a change", () => {
  it("are those of the repositories that offer exactly the approved version", () => {
    const [offers, releases] = [parseOffers(OPENSSL), parseReleases(POLICY)];
    expect(originsOf([change("3.0.18-1~deb12u1")], offers, releases)).toEqual([
      { name: "openssl", origin: "Debian", label: "Debian-Security", suite: "oldstable-security" },
    ]);
    expect(originsOf([change("3.0.17-9")], offers, releases)).toEqual([
      { name: "openssl", origin: "Mallory", label: "Mallory", suite: "stable" },
    ]);
  });
  it("are unknown for a version that nobody offers", () => {
    expect(originsOf([change("9.9")], parseOffers(OPENSSL), parseReleases(POLICY))).toEqual([]);
  });
});
