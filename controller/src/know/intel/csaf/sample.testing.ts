const RELEASE = { category: "vendor", name: "Red Hat" };
const product = (name: string, id: string, cpe: string) => ({
  category: "product_name",
  name,
  product: { name, product_id: id, product_identification_helper: { cpe } },
});
const version = (id: string, purl: string) => ({
  category: "product_version",
  name: id,
  product: { name: id, product_id: id, product_identification_helper: { purl } },
});
const part = (component: string, of: string) => ({
  category: "default_component_of",
  full_product_name: { name: `${component} of ${of}`, product_id: `${of}:${component}` },
  product_reference: component,
  relates_to_product_reference: of,
});

const NODE_BUILD = "nodejs:16:8060020220523160029:ad008a3a";

/** A VEX document as Red Hat writes them: ordinary rpms, a module's, what is not fixed, and a release with longer support. */
export const vexDocument = (changes: { readonly id?: string; readonly tracking?: object; readonly status?: object } = {}) => ({
  document: {
    category: "csaf_vex",
    csaf_version: "2.0",
    title: "openssl: a flaw",
    publisher: { category: "vendor", name: "Red Hat Product Security", namespace: "https://www.redhat.com" },
    tracking: {
      id: changes.id ?? "CVE-2026-1001",
      status: "final",
      initial_release_date: "2026-01-10T00:00:00+00:00",
      current_release_date: "2026-02-10T00:00:00+00:00",
      ...changes.tracking,
    },
  },
  product_tree: {
    branches: [
      {
        ...RELEASE,
        branches: [
          product("Red Hat Enterprise Linux BaseOS (v. 9)", "BaseOS-9", "cpe:/o:redhat:enterprise_linux:9::baseos"),
          product("Red Hat Enterprise Linux BaseOS EUS (v.9.2)", "BaseOS-9.2.EUS", "cpe:/o:redhat:rhel_eus:9.2::baseos"),
          product("Red Hat Enterprise Linux AppStream (v. 8)", "AppStream-8", "cpe:/a:redhat:enterprise_linux:8::appstream"),
          product("Red Hat Enterprise Linux 8", "red_hat_enterprise_linux_8", "cpe:/o:redhat:enterprise_linux:8"),
          version("openssl-libs-1:3.0.7-27.el9.x86_64", "pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&epoch=1"),
          version("openssl-1:3.0.7-27.el9.src", "pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=src&epoch=1"),
          version("openssl-libs-1:3.0.7-18.el9_2.x86_64", "pkg:rpm/redhat/openssl-libs@3.0.7-18.el9_2?arch=x86_64&epoch=1"),
          version(NODE_BUILD, "pkg:rpmmod/redhat/nodejs@16:8060020220523160029:ad008a3a"),
          version(
            "nodejs-1:16.19.1-1.module+el8.7.0+18373+704f5cef.x86_64",
            "pkg:rpm/redhat/nodejs@16.19.1-1.module%2Bel8.7.0%2B18373%2B704f5cef?arch=x86_64&epoch=1",
          ),
          version("nodejs:18/nodejs", "pkg:rpmmod/redhat/nodejs:18/nodejs"),
          version("compat-openssl10", "pkg:rpm/redhat/compat-openssl10?arch=src"),
          version("openssl", "pkg:rpm/redhat/openssl?arch=src"),
          version("shim", "pkg:rpm/redhat/shim?arch=src"),
        ],
      },
    ],
    relationships: [
      part("openssl-libs-1:3.0.7-27.el9.x86_64", "BaseOS-9"),
      part("openssl-1:3.0.7-27.el9.src", "BaseOS-9"),
      part("openssl-libs-1:3.0.7-18.el9_2.x86_64", "BaseOS-9.2.EUS"),
      part(NODE_BUILD, "AppStream-8"),
      part("nodejs-1:16.19.1-1.module+el8.7.0+18373+704f5cef.x86_64", `AppStream-8:${NODE_BUILD}`),
      part("nodejs:18/nodejs", "red_hat_enterprise_linux_8"),
      part("compat-openssl10", "red_hat_enterprise_linux_8"),
      part("openssl", "red_hat_enterprise_linux_8"),
      part("shim", "red_hat_enterprise_linux_8"),
    ],
  },
  vulnerabilities: [
    {
      cve: changes.id ?? "CVE-2026-1001",
      title: "openssl: a flaw",
      release_date: "2026-01-09T00:00:00+00:00",
      cwe: { id: "CWE-125", name: "Out-of-bounds Read" },
      scores: [{ cvss_v3: { vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" }, products: ["BaseOS-9"] }],
      product_status: changes.status ?? {
        fixed: [
          "BaseOS-9:openssl-libs-1:3.0.7-27.el9.x86_64",
          "BaseOS-9:openssl-1:3.0.7-27.el9.src",
          "BaseOS-9.2.EUS:openssl-libs-1:3.0.7-18.el9_2.x86_64",
          `AppStream-8:${NODE_BUILD}:nodejs-1:16.19.1-1.module+el8.7.0+18373+704f5cef.x86_64`,
        ],
        known_affected: ["red_hat_enterprise_linux_8:compat-openssl10", "red_hat_enterprise_linux_8:nodejs:18/nodejs"],
        known_not_affected: ["red_hat_enterprise_linux_8:openssl"],
        under_investigation: ["red_hat_enterprise_linux_8:shim"],
      },
      flags: [{ label: "vulnerable_code_not_present", product_ids: ["red_hat_enterprise_linux_8:openssl"] }],
      remediations: [{ category: "no_fix_planned", details: "Will not fix", product_ids: ["red_hat_enterprise_linux_8:compat-openssl10"] }],
    },
  ],
});
