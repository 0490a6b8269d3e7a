import type { Claim } from "./claims.ts";

/**
 * Lists of packages as distributions publish them, a package a line under the release that it is for: "libssl3 3.0.2-0ubuntu1.12"
 * (Ubuntu), "nss-3.79.0-10.el8_6.x86_64.rpm" (Red Hat and its kin), "libxml2-2-2.9.14-150400.5.35.1" (SUSE).
 */
const MAX_LINE = 200;
const ARCHITECTURE = /\.(?:x86_64|aarch64|noarch|src|ppc64le|ppc64|s390x|s390|i[3-6]86|armv7hl|ia64|riscv64)$/;
const RPM_PART = /^[A-Za-z0-9][A-Za-z0-9_.+~^]*$/;
/** A release of Red Hat's kin or of SUSE: what has none of these and does not end in ".rpm" may be anything with two hyphens. */
const RPM_RELEASE = /\.(?:el|fc|amzn|module)\w*\d|^(?:1\d{5}|lp1\d\d)\./;
const DEB = /^[-*•\s]{0,8}([a-z0-9][a-z0-9+.-]{1,60})(?: - |: ?| )[ ]{0,8}((?:\d+:)?\d[A-Za-z0-9.+~-]{0,80})$/;
/** "... have been fixed in\nversion 1.4-2+deb12u1.": a sentence goes on in this line. */
const SENTENCE = /^(?:in|to|and|or|with|versions?|revision|release|before|until)\b|\.$/i;
/** A version of a distribution has a revision; "curl 7.88" alone may be anything. */
const DISTRIBUTION_REVISION = /-\d[\w.+~]*(?:ubuntu|deb|build|el|fc|esm)?|-r\d+$/;
/** "Debian Security Advisory DSA-5999-1" is the head of a mail, no release. */
const RELEASE =
  /^(?!.*\b(?:[Aa]dvisory|[Aa]nnouncement|[Nn]otice|[Bb]ulletin)\b)(?:\S{1,20} )?(?:Ubuntu|Debian|Red Hat|SUSE|openSUSE|AlmaLinux|Rocky|Oracle|CentOS|Fedora|Alpine|Amazon)\b(?=[^\n]{0,60}\d)[^;\n]{0,80}[^.;\n]$/;
const FEW_SPACES = / {2,}/g;

/** @param text the masked text: offsets in it are offsets in the original */
export function readPackageLists(text: string): Claim[] {
  const claims: Claim[] = [];
  let release: string | undefined;
  let start = 0;
  for (const raw of text.split("\n")) {
    const at = start;
    start += raw.length + 1;
    if (raw.length > MAX_LINE) continue;
    const line = raw.replaceAll("`", " ").trimEnd();
    const bare = line.trim().replace(/^[-*•]\s*/, "");
    if (RELEASE.test(bare) && !/\.rpm$/.test(bare)) {
      release = bare.replace(/:$/, "");
      continue;
    }
    const rpm = asRpm(bare);
    if (rpm) {
      claims.push(claim(at, raw, rpm.name, rpm.version, "rpm", release));
      continue;
    }
    const deb = release === undefined ? null : DEB.exec(line.trimStart().replace(FEW_SPACES, " "));
    if (deb?.[1] && deb[2] && !SENTENCE.test(bare) && DISTRIBUTION_REVISION.test(deb[2]))
      claims.push(claim(at, raw, deb[1], deb[2], /alpine/i.test(release ?? "") ? "apk" : "deb", release));
  }
  return claims;
}

/** "name-version-release[.arch][.rpm]", cut at the last two hyphens, as rpm does. */
function asRpm(line: string): { readonly name: string; readonly version: string } | undefined {
  const file = line.endsWith(".rpm");
  const nevra = (file ? line.slice(0, -4) : line).replace(ARCHITECTURE, "");
  const second = nevra.lastIndexOf("-");
  const first = nevra.lastIndexOf("-", second - 1);
  if (first < 1 || second < 1) return undefined;
  const [name, version, release] = [nevra.slice(0, first), nevra.slice(first + 1, second), nevra.slice(second + 1)];
  if (
    !/^\d/.test(version) ||
    !/^\d/.test(release) ||
    !RPM_PART.test(version) ||
    !RPM_PART.test(release) ||
    !/^[A-Za-z0-9][\w+.-]*$/.test(name)
  )
    return undefined;
  return file || RPM_RELEASE.test(release) ? { name, version: `${version}-${release}` } : undefined;
}

function claim(lineAt: number, line: string, name: string, version: string, ecosystem: string, release: string | undefined): Claim {
  const nameAt = lineAt + line.indexOf(name);
  const versionAt = lineAt + line.lastIndexOf(version);
  return {
    kind: "fix",
    name: { text: name, start: nameAt, end: nameAt + name.length },
    own: true,
    version,
    inclusive: true,
    confidence: 0.95,
    ecosystem,
    ...(release === undefined ? {} : { release }),
    start: versionAt,
    end: versionAt + version.length,
  };
}
