import { describe, expect, it } from "vitest";
import { classifyZypperOutput, cutOff, explainZypperOutput, zypperHalfDone } from "./failure.ts";
import { readDownloads } from "./fetch.ts";
import { readRepositories, refreshed } from "./repositories.ts";
import { mergedSettings } from "./settings.ts";
import { readSummary } from "./simulation.ts";
import { plainText } from "./xml.ts";

// What follows was printed by zypper 1.14.42 over crafted packages, and is shortened to what matters.
const summaryOf = (inside: string) =>
  `<?xml version='1.0'?>\n<stream>\n<install-summary download-size="12086" space-usage-diff="-14" packages-to-change="2">\n${inside}</install-summary>\n</stream>`;
const solvable = (attributes: string) => `<solvable ${attributes} summary="x">\n<description>a &lt; b</description></solvable>\n`;

const NEEDS = `<?xml version='1.0'?>
<stream>
<message type="info">Resolving package dependencies...</message>
<prompt id="1">
<description>Problem: nothing provides bw-nowhere needed by bw-needs-1.1-1.noarch
 Solution 1: do not install bw-needs-1.1-1.noarch
 Solution 2: break bw-needs-1.1-1.noarch by ignoring some of its dependencies
</description>
<text>Choose from above solutions by number or cancel</text>
<option value="1" desc="Choose solution 1"/>
</prompt>
</stream>`;
const LOCKED = `Problem: conflicting requests
 Solution 1: Following actions will be done:
  remove lock to allow installation of bw-one-1.1-1.noarch[testbed]
  remove lock to allow removal of bw-one-1.0-1.noarch
 Solution 2: do not ask to install a solvable providing bw-one.noarch = 1.1-1
`;
const LICENSE = `<message type="info">In order to install &apos;eula&apos;, you must agree to terms of the following license agreement:</message>
<message type="info">Aborting installation due to the need for license confirmation.</message>`;
const DIGEST = `<?xml version='1.0'?>
<stream>
<message type="warning">Digest verification failed for file &apos;bw-shop-1.1.rpm&apos;
[/var/tmp/AP_0xfQaObA/bw-shop-1.1.rpm]
</message>
<message type="error">ABORT request: User requested to abort</message>
</stream>`;
const BEGIN = `Loading repository data...
Reading installed packages...
Resolving package dependencies...
`;
const BAD_POST = `${BEGIN}Checking for file conflicts: [....done]
(1/1) Installing: bw-badpost-1.1-1.noarch [.......done]
Additional rpm output:
warning: %post(bw-badpost-1.1-1.noarch) scriptlet failed, exit status 1


`;
const BAD_PRE = `${BEGIN}(1/2) Installing: bw-badpre-1.1-1.noarch [...error]
Installation of bw-badpre-1.1-1.noarch failed:
Error: Subprocess failed. Error: RPM failed: error: %prein(bw-badpre-1.1-1.noarch) scriptlet failed, exit status 1
error: bw-badpre-1.1-1.noarch: install failed

Abort, retry, ignore? [a/r/i] (a): a
`;
const BAD_POSTTRANS = `${BEGIN}(1/1) Installing: ptrans-1.1-1.noarch [....done]
Executing %posttrans script 'ptrans-1.1.rpm' [..
Warning: ptrans-1.1.rpm %posttrans script failed (returned 1)
..done]
`;
const KILLED = `${BEGIN}(1/2) Installing: slow2-1.1-1.noarch [....`;

describe("zypper's summary of a transaction", () => {
  it("is what comes, what goes and what changes its vendor", () => {
    const xml = summaryOf(
      `<to-upgrade>\n${solvable('type="package" name="epoch" edition="2:1.1-1" arch="noarch" edition-old="2:1.0-1" arch-old="noarch"')}${solvable(
        'type="package" name="vend" edition="1.1-1" arch="noarch" edition-old="1.0-1" arch-old="noarch"',
      )}</to-upgrade>\n<to-remove>\n${solvable('type="package" name="bw-base" edition="1.0-1" arch="noarch"')}</to-remove>\n<to-change-vendor>\n${solvable(
        'type="package" name="vend" edition="1.1-1" arch="noarch" edition-old="1.0-1" arch-old="noarch"',
      )}</to-change-vendor>\n`,
    );
    expect(readSummary(xml)).toEqual({
      installs: [
        { name: "epoch", architecture: "noarch", from: "2:1.0-1", to: "2:1.1-1" },
        { name: "vend", architecture: "noarch", from: "1.0-1", to: "1.1-1" },
      ],
      removes: [{ name: "bw-base", architecture: "noarch", version: "1.0-1" }],
      vendorChanges: ["vend"],
      downloadBytes: 12_086,
      growthBytes: -14,
    });
  });
  it("counts another architecture in a package's place as one that comes and one that goes", () => {
    const moved = 'type="package" name="glibc" edition="2-1" arch="i686" edition-old="1-1" arch-old="x86_64"';
    const read = readSummary(summaryOf(`<to-upgrade-change-arch>\n${solvable(moved)}</to-upgrade-change-arch>\n`));
    expect(read?.installs).toEqual([{ name: "glibc", architecture: "i686", from: "", to: "2-1" }]);
    expect(read?.removes).toEqual([{ name: "glibc", architecture: "x86_64", version: "1-1" }]);
  });
  it("tells patterns and products apart from packages of their name", () => {
    const product = solvable('type="product" name="SLES" edition="15.6-0" arch="x86_64"');
    expect(readSummary(summaryOf(`<to-install>\n${product}</to-install>\n`))?.installs[0]?.name).toBe("product:SLES");
  });
  it("is nothing where zypper gave none: no summary is not an empty one", () => {
    expect(readSummary(NEEDS)).toBeUndefined();
    expect(readSummary(summaryOf(""))).toMatchObject({ installs: [], removes: [] });
  });
});

describe("zypper's words", () => {
  const read = (output: string) => [classifyZypperOutput(output), explainZypperOutput(output)];
  it("tell the solver's problem, not its choices", () =>
    expect(read(NEEDS)).toEqual(["simulation-differs", "nothing provides bw-nowhere needed by bw-needs-1.1-1.noarch"]));
  it("tell which lock is in the way", () =>
    expect(read(LOCKED)).toEqual(["simulation-differs", "remove lock to allow installation of bw-one-1.1-1.noarch[testbed]"]));
  it("tell that a license is a person's to agree to", () => expect(read(LICENSE)[1]).toMatch(/only the machine's owner/));
  it("tell other bytes than those that were signed", () =>
    expect(read(DIGEST)).toEqual(["hash-mismatch", "Digest verification failed for file 'bw-shop-1.1.rpm'"]));
  it("name the script that kept a package from being installed", () =>
    expect(read(BAD_PRE)).toEqual([
      "maintainer-script",
      "Error: Subprocess failed. Error: RPM failed: error: %prein(bw-badpre-1.1-1.noarch) scriptlet failed, exit status 1",
    ]));
  it("tell what is not offered, who holds the lock, and an unsigned package", () => {
    expect(classifyZypperOutput('<message type="error">Package &apos;bw-shop.noarch=9-9&apos; not found.</message>')).toBeUndefined();
    expect(classifyZypperOutput("Package 'bw-shop.noarch=9-9' not found.\n")).toBe("version-gone");
    expect(classifyZypperOutput("System management is locked by the application with pid 28729 (zypper).\n")).toBe("lock-timeout");
    expect(classifyZypperOutput("unsig-1.1-1.noarch (Plain RPM files cache): Signature verification failed [6-File is unsigned]\n")).toBe(
      "repository-untrusted",
    );
    expect(classifyZypperOutput(BEGIN)).toBeUndefined();
  });
  it("come without progress, choices and markup", () => expect(plainText(NEEDS).split("\n")[1]).toMatch(/^Problem: nothing provides/));
});

describe("what zypper left undone", () => {
  it("is a script that failed, though it ends with 107 or with 0 and the version is there", () => {
    expect(zypperHalfDone(BAD_POST)).toEqual([
      "%post(bw-badpost-1.1-1.noarch) failed: its version is installed, what the script does is not done.",
    ]);
    expect(zypperHalfDone(BAD_POSTTRANS)).toEqual([
      "%posttrans(ptrans-1.1.rpm) failed: its version is installed, what the script does is not done.",
    ]);
  });
  it("is whatever a killed zypper had begun, until it is installed again", () => {
    expect(cutOff(KILLED)).toEqual(["slow2-1.1-1.noarch"]);
    const again = (name: string) => `${BEGIN}(1/1) Installing: ${name} [.......done]\n`;
    expect(cutOff(`${KILLED}${again("slow1-1.1-1.noarch")}`)).toEqual(["slow2-1.1-1.noarch"]);
    expect(cutOff(`${KILLED}\n${again("slow2-1.1-1.noarch")}`)).toEqual([]);
    expect(zypperHalfDone(`${KILLED}\n`)[0]).toMatch(/before it was done with slow2-1\.1-1\.noarch/);
  });
  it("is the rest where a package was done and the next was not, or its last script was not", () => {
    expect(cutOff(`${BEGIN}(1/2) Installing: a-1-1.noarch [..done]\n`)).toEqual(["a-1-1.noarch"]);
    expect(cutOff(`${BEGIN}(1/1) Installing: a-1-1.noarch [..done]\nExecuting %posttrans script 'a-1.rpm' [..`)).toEqual(["a-1-1.noarch"]);
    expect(cutOff(BAD_POSTTRANS)).toEqual([]);
    expect(zypperHalfDone("")).toEqual([]);
  });
});

describe("zypper's downloads", () => {
  const result = (name: string, epoch: string, file: string) =>
    `<download-result><solvable><kind>package</kind><name>${name}</name><edition epoch="${epoch}" version="1.1" release="1"/><arch>noarch</arch><repository name="Extra" alias="extra"/></solvable><localfile path="/c/extra/${file}"/></download-result>`;
  it("are those that it names; it ends with 0 for the others too", () => {
    const xml = `<?xml version='1.0'?>\n<stream>\n<message type="error">File &apos;./bw-shop-1.1.rpm&apos; not found on medium &apos;http://127.0.0.1:8091/rpm&apos;</message>\n${result("epoch", "2", "epoch-1.1.rpm")}${result("bw-two", "0", "bw-two-1.1.rpm")}</stream>`;
    expect([...readDownloads(xml)]).toEqual([
      ["epoch.noarch=2:1.1-1", "/c/extra/epoch-1.1.rpm"],
      ["bw-two.noarch=1.1-1", "/c/extra/bw-two-1.1.rpm"],
    ]);
    expect(classifyZypperOutput(xml.replace(/<download-result>.*/, ""))).toBe("download-failed");
  });
});

describe("zypper's repositories", () => {
  it("are the enabled ones, without their passwords", () => {
    const repo = (alias: string, enabled: string, url: string) =>
      `<repo alias="${alias}" name="${alias}&apos;s" type="rpm-md" priority="99" enabled="${enabled}" autorefresh="1" gpgcheck="1">\n<url>${url}</url>\n</repo>\n`;
    const xml = `<stream>\n<repo-list>\n${repo("a", "1", "https://u:secret@mirror.example/a?x=1&amp;y=2")}${repo("b", "0", "https://b")}</repo-list>\n</stream>`;
    expect(readRepositories(xml)).toEqual([{ alias: "a", name: "a's", uri: "https://mirror.example/a?x=1&y=2" }]);
  });
  it("are dead or not to be trusted, in its own words", () => {
    const dead = `Repository 'Dead' is invalid.
[dead|http://127.0.0.1:9/x] Valid metadata not found at specified URL
History:
 - [|] Error trying to read from 'http://127.0.0.1:9/x'
 - Download (curl) error for 'http://127.0.0.1:9/x/content':
Error code: Connection failed
Error message: Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server`;
    expect(refreshed(dead)).toEqual({
      state: "unreachable",
      detail: "Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server",
    });
    const altered =
      "Signature verification failed for file 'repomd.xml' from repository 'Testbed updates'.\n    Note: Signing data enables";
    expect(refreshed(altered)).toEqual({
      state: "untrusted",
      detail: "Signature verification failed for file 'repomd.xml' from repository 'Testbed updates'.",
    });
    const unknown = "File 'repomd.xml' from repository 'Testbed updates' is signed with an unknown key '0997353FA0E54E92'.";
    expect(refreshed(`New repository or package signing key received:\n${unknown}\n`).state).toBe("untrusted");
  });
});

it("an owner's settings of libzypp stay, ours are over them", () => {
  const own = "## comment = none\n[main]\n# locksfile.apply = yes\nmultiversion = provides:multiversion(kernel)\nlocksfile.apply = yes\n";
  expect(mergedSettings([own, "[main]\nsolver.onlyRequires=true\n"], { "locksfile.apply": "no" })).toBe(
    "[main]\nmultiversion = provides:multiversion(kernel)\nlocksfile.apply = no\nsolver.onlyRequires = true\n",
  );
});
