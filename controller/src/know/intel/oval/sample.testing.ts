/** OVAL documents in the publishers' manner, small: what they write of namespaces, ids and texts, with flaws and versions of our own. */
const document = (
  publisher: string,
  ...[definitions, tests, objects, states, variables = ""]: string[]
) => `<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
  <generator><oval:product_name>${publisher}</oval:product_name><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-02-20T08:00:00</oval:timestamp></generator>
  <definitions>${definitions}</definitions><tests>${tests}</tests><objects>${objects}</objects><states>${states}</states>${variables && `<variables>${variables}</variables>`}
</oval_definitions>`;

const criterion = (test: string, comment: string, more = "") => `<criterion comment="${comment}" test_ref="${test}" ${more}/>`;
const all = (...parts: string[]) => `<criteria operator="AND">${parts.join("")}</criteria>`;
const any = (...parts: string[]) => `<criteria operator="OR">${parts.join("")}</criteria>`;
const test = (kind: string, id: string, comment: string, object: string, state = "", more = 'check="at least one"') =>
  `<${kind}_test ${more} comment="${comment}" id="${id}" version="1"><object object_ref="${object}"/>${state && `<state state_ref="${state}"/>`}</${kind}_test>`;
const object = (kind: string, id: string, name: string, more = "") =>
  `<${kind}_object id="${id}" version="1"><name ${more}>${name}</name></${kind}_object>`;
const state = (kind: string, id: string, ...parts: string[]) => `<${kind}_state id="${id}" version="1">${parts.join("")}</${kind}_state>`;
const evr = (value: string, operation = "less than", type = "evr_string") =>
  `<evr datatype="${type}" operation="${operation}">${value}</evr>`;

/** Red Hat: an advisory of two packages, of a module's stream; a kernel that runs; a flaw that will not be fixed. @param cpe what the advisory says it is for */
export const redHat = (cpe = "cpe:/o:redhat:enterprise_linux:8::baseos") => {
  const rhsa = (
    id: string,
    criteria: string,
    cve = "CVE-2026-1001",
  ) => `<definition class="patch" id="oval:com.redhat.rhsa:def:${id.replace(":", "")}" version="635"><metadata>
    <title>RHSA-${id}: tool security update (Important)</title><affected family="unix"><platform>Red Hat Enterprise Linux 8</platform></affected>
    <reference ref_id="RHSA-${id}" source="RHSA"/><reference ref_id="${cve}" source="CVE"/><description>text</description>
    <advisory from="secalert@redhat.com"><severity>Important</severity><issued date="2026-02-01"/><updated date="2026-02-03"/>
      <cve cvss3="7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" cwe="CWE-400" public="20260130">${cve}</cve><affected_cpe_list><cpe>${cpe}</cpe></affected_cpe_list></advisory>
    </metadata>${any(criterion("tst:must", "Red Hat Enterprise Linux must be installed"), all(any(criterion("tst:rhel8", "Red Hat Enterprise Linux 8 is installed"), criterion("tst:coreos", "Red Hat CoreOS 4 is installed")), criteria))}</definition>`;
  const signed = (name: string) => criterion(`tst:${name}-sig`, `${name} is signed with Red Hat redhatrelease2 key`);
  const unfixed = `<definition class="vulnerability" id="oval:com.redhat.cve:def:20261002" version="635"><metadata><title>CVE-2026-1002 old: a flaw (moderate)</title>
    <affected family="unix"><platform>Red Hat Enterprise Linux 8</platform></affected><reference ref_id="CVE-2026-1002" source="CVE"/><description>A flaw in old.</description>
    <advisory><cve cvss3="7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" cwe="CWE-400" public="20260130">CVE-2026-1002</cve>
      <affected><resolution state="Will not fix"><component>old</component></resolution><resolution state="Under investigation"><component>new</component></resolution></affected></advisory></metadata>
    ${all(criterion("tst:rhel8", "Red Hat Enterprise Linux 8 is installed"), any(all(criterion("tst:old-there", "old is installed"), signed("old")), criterion("tst:new-there", "new is installed")))}</definition>`;
  return document(
    "Red Hat OVAL Patch Definition Merger",
    [
      rhsa(
        "2026:0001",
        any(
          all(criterion("tst:tool", "tool is earlier than 1:2.4-6.el8"), signed("tool")),
          all(criterion("tst:tool-libs", "tool-libs is earlier"), signed("tool-libs")),
        ),
      ),
      rhsa(
        "2026:0002",
        all(
          criterion("tst:module", "Module nodejs:16 is enabled"),
          any(criterion("tst:nodejs", "nodejs is earlier than 1:16.19.1-1.module+el8.7.0+1+a")),
        ),
      ),
      rhsa(
        "2026:0003",
        any(
          all(criterion("tst:kernel", "kernel earlier than 0:4.18.0-1.el8 is currently running"), criterion("tst:tool", "tool is earlier")),
          criterion("tst:tool-libs", "tool-libs is earlier"),
        ),
      ),
      unfixed,
    ].join(""),
    [
      test("rpmverifyfile", "tst:must", "Red Hat Enterprise Linux must be installed", "obj:release", "ste:any", 'check="none satisfy"'),
      test("rpmverifyfile", "tst:rhel8", "Red Hat Enterprise Linux 8 is installed", "obj:release", "ste:rhel8"),
      test("rpmverifyfile", "tst:coreos", "Red Hat CoreOS 4 is installed", "obj:release", "ste:rhel8"),
      test("textfilecontent54", "tst:module", "Module nodejs:16 is enabled", "obj:module"),
      test("uname", "tst:kernel", "kernel earlier than 0:4.18.0-1.el8 is currently running", "obj:uname"),
      test("rpminfo", "tst:tool", "tool is earlier than 1:2.4-6.el8", "obj:tool", "ste:tool"),
      test("rpminfo", "tst:tool-libs", "tool-libs is earlier than 0:2.4-6.el8", "obj:tool-libs", "ste:libs"),
      test("rpminfo", "tst:nodejs", "nodejs is earlier", "obj:nodejs", "ste:nodejs"),
      test("rpminfo", "tst:old-there", "old is installed", "obj:old"),
      test("rpminfo", "tst:new-there", "new is installed", "obj:new"),
      ...["tool", "tool-libs", "old"].map((n) => test("rpminfo", `tst:${n}-sig`, "signed", `obj:${n}`, "ste:key")),
    ].join(""),
    ["tool", "tool-libs", "nodejs", "old", "new"].map((n) => object("rpminfo", `obj:${n}`, n)).join(""),
    [
      state("rpminfo", "ste:tool", '<arch datatype="string" operation="pattern match">aarch64|x86_64</arch>', evr("1:2.4-6.el8")),
      state("rpminfo", "ste:libs", evr("0:2.4-6.el8")),
      state("rpminfo", "ste:nodejs", evr("1:16.19.1-1.module+el8.7.0+1+a")),
      state("rpminfo", "ste:key", '<signature_keyid operation="equals">199e2f91fd431d51</signature_keyid>'),
    ].join(""),
  );
};

/** SUSE: products known by their release packages, fixed builds and builds that never were affected; a product that is no system of ours. */
export const suse = () =>
  document(
    "Marcus Updateinfo to OVAL Converter",
    `<definition class="vulnerability" id="oval:org.opensuse.security:def:20261003" version="1"><metadata><title>CVE-2026-1003</title>
      <affected family="unix"><platform>SUSE Linux Enterprise Server 15 SP5</platform></affected><reference ref_id="Mitre CVE-2026-1003" source="CVE"/><description>text</description></metadata>
      ${any(
        all(
          any(
            criterion("tst:sp5", "SUSE Linux Enterprise Server 15 SP5 is installed"),
            criterion("tst:ltss", "SUSE Linux Enterprise Server 15 SP4-LTSS is installed"),
          ),
          any(criterion("tst:a", "libtool1-1.2-150500.3.1 is installed"), criterion("tst:b", "tool-doc is not affected")),
        ),
        all(criterion("tst:manager", "SUSE Manager Server 4.3 is installed"), criterion("tst:a", "libtool1 is installed")),
      )}</definition>`,
    [
      test("rpminfo", "tst:sp5", "SUSE Linux Enterprise Server 15 SP5 is installed", "obj:sles", "ste:sp5"),
      test("rpminfo", "tst:ltss", "SUSE Linux Enterprise Server 15 SP4-LTSS is installed", "obj:ltss", "ste:sp5"),
      test("rpminfo", "tst:manager", "SUSE Manager Server 4.3 is installed", "obj:manager", "ste:sp5"),
      test("rpminfo", "tst:a", "libtool1 is &lt;1.2-150500.3.1", "obj:a", "ste:a"),
      test("rpminfo", "tst:b", "tool-doc is not affected", "obj:b", "ste:none"),
    ].join(""),
    [
      object("rpminfo", "obj:sles", "sles-release"),
      object("rpminfo", "obj:ltss", "sles-ltss-release"),
      object("rpminfo", "obj:manager", "SUSE-Manager-Server-release"),
      object("rpminfo", "obj:a", "libtool1"),
      object("rpminfo", "obj:b", "tool-doc"),
    ].join(""),
    [
      state("rpminfo", "ste:sp5", '<version operation="equals">15.5</version>'),
      state("rpminfo", "ste:a", evr("0:1.2-150500.3.1")),
      state("rpminfo", "ste:none", evr("0:0-0")),
    ].join(""),
  );

/** Ubuntu: definitions extend one of the release, and name what is installed by variables; one of a vulnerability, one of a notice, one that extends itself. */
export const ubuntuOval = () =>
  document(
    "Canonical CVE OVAL Generator",
    `<definition class="inventory" id="oval:com.ubuntu.jammy:def:100" version="1"><metadata><title>Check that Ubuntu 22.04 LTS (jammy) is installed.</title></metadata>${all(criterion("tst:family", "unix"), criterion("tst:codename", "jammy"))}</definition>
    <definition class="vulnerability" id="oval:com.ubuntu.jammy:def:202610040000000" version="1"><metadata><title>CVE-2026-1004 on Ubuntu 22.04 LTS (jammy) - medium</title><description>A flaw in tool.</description>
      <affected family="unix"><platform>Ubuntu 22.04 LTS</platform></affected><reference source="CVE" ref_id="CVE-2026-1004"/><advisory><public_date>2026-02-01 12:00:00 UTC</public_date></advisory></metadata>
      <criteria><extend_definition definition_ref="oval:com.ubuntu.jammy:def:100" comment="Ubuntu 22.04 LTS (jammy) is installed." applicability_check="true"/>
        ${any(criterion("tst:tool", "tool package in jammy was vulnerable but has been fixed"), criterion("tst:helper", "helper package in jammy is affected and may need fixing"), criterion("tst:esm", "fixed in ESM"))}</criteria></definition>
    <definition class="patch" id="oval:com.ubuntu.jammy:def:70010000000" version="1"><metadata><title>USN-7001-1 -- Tool vulnerability</title><affected family="unix"><platform>Ubuntu 22.04 LTS</platform></affected>
      <reference source="USN" ref_id="USN-7001-1"/><reference source="CVE" ref_id="CVE-2026-1004"/><advisory><issued date="2026-02-05"/></advisory></metadata>
      <criteria><extend_definition definition_ref="oval:com.ubuntu.jammy:def:100" comment="jammy"/>${criterion("tst:tool", "Long Term Support")}</criteria></definition>
    <definition class="vulnerability" id="oval:com.ubuntu.jammy:def:9" version="1"><metadata><title>CVE-2026-1009</title></metadata><criteria><extend_definition definition_ref="oval:com.ubuntu.jammy:def:9"/></criteria></definition>`,
    [
      test("family", "tst:family", "unix", "obj:family"),
      test(
        "dpkginfo",
        "tst:tool",
        "Does the 'tool' package exist?",
        "obj:tool",
        "ste:tool",
        'check_existence="at_least_one_exists" check="at least one"',
      ),
      test("dpkginfo", "tst:helper", "Does the 'helper' package exist?", "obj:helper"),
      test("dpkginfo", "tst:esm", "Does the 'paid' package exist?", "obj:paid", "ste:esm"),
    ].join(""),
    [
      object("dpkginfo", "obj:tool", "", 'var_ref="var:tool" var_check="at least one"'),
      object("dpkginfo", "obj:helper", "helper"),
      object("dpkginfo", "obj:paid", "paid"),
    ].join(""),
    [
      state("dpkginfo", "ste:tool", evr("0:1.2-3ubuntu0.1", "less than", "debian_evr_string")),
      state("dpkginfo", "ste:esm", evr("0:1.0-1ubuntu0.1~esm1", "less than", "debian_evr_string")),
    ].join(""),
    '<constant_variable id="var:tool" version="1" datatype="string" comment="tool"><value>tool</value><value>libtool1</value></constant_variable>',
  );

/** Debian: objects are called after source packages. */
export const debianOval = () =>
  document(
    "Debian",
    `<definition class="vulnerability" id="oval:org.debian:def:1005" version="1"><metadata><title>CVE-2026-1005 tool</title><affected family="unix"><platform>Debian GNU/Linux 12</platform><product>tool</product></affected>
      <reference source="CVE" ref_id="CVE-2026-1005"/><description>text</description></metadata>
      ${all(criterion("tst:12", "Debian 12 is installed"), any(all(criterion("tst:all", "all architecture"), criterion("tst:tool", "tool DPKG is earlier than 1.2-3+deb12u1"))))}</definition>`,
    [
      test("textfilecontent54", "tst:12", "Debian 12 is installed", "obj:version"),
      test("uname", "tst:all", "all architecture", "obj:uname"),
      test("dpkginfo", "tst:tool", "tool is earlier than 1.2-3+deb12u1", "obj:tool", "ste:tool"),
    ].join(""),
    object("dpkginfo", "obj:tool", "tool"),
    state("dpkginfo", "ste:tool", evr("0:1.2-3+deb12u1", "less than", "debian_evr_string")),
  );

/** One definition about packages p and q of Azure Linux, with the criteria that a test gives. */
export const withCriteria = (criteria: string) =>
  document(
    "test",
    `<definition class="vulnerability" id="oval:x:def:1" version="1"><metadata><title>CVE-2026-1006</title><affected><platform>AlmaLinux OS 9</platform></affected></metadata>${criteria}</definition>`,
    [
      test("rpminfo", "p-before-2", "p", "obj:p", "ste:before-2"),
      test("rpminfo", "p-from-1", "p", "obj:p", "ste:from-1"),
      test("rpminfo", "p-is-1", "p", "obj:p", "ste:is-1"),
      test("rpminfo", "p-to-3", "p", "obj:p", "ste:to-3"),
      test("rpminfo", "p-after-3", "p", "obj:p", "ste:after-3"),
      test("rpminfo", "p-odd", "p", "obj:p", "ste:odd"),
      test("rpminfo", "p-arch", "p", "obj:p", "ste:arch"),
      test("rpminfo", "p-not", "p", "obj:p", "", 'check_existence="none_exist" check="all"'),
      test("rpminfo", "q-before-2", "q", "obj:q", "ste:before-2"),
      test("rpminfo", "any-before-2", "any", "obj:any", "ste:before-2"),
      test("rpminfo", "alma9", "AlmaLinux 9 is installed", "obj:alma", "ste:nine"),
    ].join(""),
    [
      object("rpminfo", "obj:p", "p"),
      object("rpminfo", "obj:q", "q"),
      object("rpminfo", "obj:any", "^php.*", 'operation="pattern match"'),
      object("rpminfo", "obj:alma", "almalinux-release"),
    ].join(""),
    [
      state("rpminfo", "ste:before-2", evr("0:2-1")),
      state("rpminfo", "ste:from-1", evr("0:1-1", "greater than or equal")),
      state("rpminfo", "ste:is-1", evr("0:1-1", "equals")),
      state("rpminfo", "ste:to-3", evr("0:3-1", "less than or equal")),
      state("rpminfo", "ste:after-3", evr("0:3-1", "greater than")),
      state("rpminfo", "ste:odd", evr("0:../2")),
      state("rpminfo", "ste:arch", '<arch operation="pattern match">^(x86_64|i.86)$</arch>', evr("0:2-1")),
      state("rpminfo", "ste:nine", '<version operation="pattern match">^9</version>'),
    ].join(""),
  );
