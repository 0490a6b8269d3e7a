/**
 * Asks dnf's own library one question and prints the answer as JSON; argv[1] is {"op": ..., ...}. dnf's command line prints tables
 * for people, cut to a width, and ends with 0 where it did nothing; its library names every package of a transaction exactly.
 * Nothing here changes the machine: packages are resolved and downloaded, never installed.
 */
export const ASK_DNF = String.raw`
import json, os, shutil, subprocess, sys
import dnf, dnf.callback, dnf.rpm, hawkey

ASK = json.loads(sys.argv[1])


class Told(dnf.callback.DownloadProgress):
    """Why each try failed: the error that dnf ends with says only that all did."""

    def __init__(self):
        self.reasons = []

    def end(self, payload, status, message):
        if status in (dnf.callback.STATUS_FAILED, dnf.callback.STATUS_MIRROR) and message and message not in self.reasons:
            self.reasons.append(message)


TOLD = Told()


def evr(pkg):
    return "%s%s-%s" % ("" if pkg.epoch in (0, "0", None) else "%s:" % pkg.epoch, pkg.version, pkg.release)


def key(pkg):
    return (pkg.name, pkg.arch, evr(pkg))


def wanted(change):
    return (change["name"], change["architecture"], change["to"])


def open_base(excludes, installroot="/", repositories=True, cached=False):
    base = dnf.Base()
    conf = base.conf
    conf.read(priority=dnf.conf.PRIO_MAINCONFIG)
    conf.installroot = installroot
    conf.best, conf.assumeyes, conf.assumeno, conf.install_weak_deps = True, False, True, False
    conf.throttle = str(int(ASK.get("bytesPerSecond", 0)))
    if cached:
        conf.cachedir = conf.system_cachedir
    conf.substitutions["releasever"] = dnf.rpm.detect_releasever("/") or ""
    conf.substitutions.update_from_etc("/")
    if not excludes:
        conf.disable_excludes = ["all"]
    if repositories:
        base.init_plugins(disabled_glob=["local", "show_leaves"] + ([] if excludes else ["versionlock"]))
        base.pre_configure_plugins()
        base.read_all_repos()
        base.configure_plugins()
        base.enabled_at_first = [repo.id for repo in base.repos.iter_enabled()]  # those that are dead are disabled by loading
        for repo in base.repos.iter_enabled():
            repo.skip_if_unavailable = True  # one dead repository must not stop the others; refresh tells of it
            if cached:
                repo.repo_gpgcheck = False  # root checked it when it came; its keyring is closed to those who only look
        if cached:
            base.fill_sack_from_repos_in_cache()
        else:
            base.fill_sack()
        base.unload_plugins()  # they have done their part, and dnf loads them for one base at a time
    else:
        base.fill_sack(load_available_repos=False)
    return base


BASES = {}


def shared_base(excludes):
    """One for all questions of this run: to read what the repositories offer takes longest."""
    if excludes not in BASES:
        BASES[excludes] = open_base(excludes)
    return BASES[excludes]


def offered(base, flags=0):
    return base.sack.query(flags=flags).available()


def chosen(base, changes, some=False):
    """The packages of the changes, or some of them; which repository has the bytes is dnf's choice by cost and priority."""
    by_key = {}
    for pkg in offered(base).filter(name=[c["name"] for c in changes]):
        by_key.setdefault(key(pkg), []).append(pkg)
    gone = [c for c in changes if wanted(c) not in by_key]
    if gone and not some:
        raise SystemExit("gone: no repository offers " + ", ".join("%s-%s.%s" % (c["name"], c["to"], c["architecture"]) for c in gone))
    return [sorted(by_key[wanted(c)], key=lambda p: (p.repo.priority, p.repo.cost, p.repoid))[0] for c in changes if wanted(c) in by_key]


def resolve(base, packages):
    for pkg in packages:
        base.package_install(pkg, strict=True)
    base.resolve(allow_erasing=True)  # so that it is told what would go; the caller refuses
    present = {(p.name, p.arch): evr(p) for p in base.sack.query().installed()}
    incoming = {(p.name, p.arch) for p in base.transaction.install_set}
    return {
        "installs": [{"name": p.name, "architecture": p.arch, "from": present.get((p.name, p.arch), ""), "to": evr(p)} for p in base.transaction.install_set],
        "removes": [{"name": p.name, "architecture": p.arch, "version": evr(p)} for p in base.transaction.remove_set if (p.name, p.arch) not in incoming],
    }


def advisories(pkg):
    found = []
    for advisory in pkg.get_advisories(hawkey.EQ):
        cves = sorted({r.id for r in advisory.references if r.type == hawkey.REFERENCE_CVE})
        found.append({"id": advisory.id, "security": advisory.type == hawkey.ADVISORY_SECURITY, "severity": advisory.severity or "", "title": advisory.title or "", "cves": cves})
    return found


def updates():
    base = open_base(excludes=True, cached=True)
    free = {key(p) for p in offered(base)}
    installed = {}
    for p in base.sack.query().installed().latest():
        installed[(p.name, p.arch)] = p
    beside = {(p.name, p.arch) for p in base._get_installonly_query().installed()}
    newest = base.sack.query(flags=hawkey.IGNORE_EXCLUDES).upgrades().latest()
    found, left_out = [], []
    for p in newest:
        old = installed.get((p.name, p.arch))
        if old is None:
            continue
        if (p.name, p.arch) in beside:
            left_out.append(p.name)
            continue
        # Between what is installed and the newest lie versions whose advisories the newest answers too.
        between = [q for q in base.sack.query(flags=hawkey.IGNORE_EXCLUDES).available().filter(name=p.name, arch=p.arch) if q > old and q <= p]
        told = {a["id"]: a for q in between for a in advisories(q)}
        found.append({
            "name": p.name, "architecture": p.arch, "installed": evr(old), "candidate": evr(p), "sourceRpm": p.sourcerpm or "",
            "repository": p.repoid, "repositoryName": p.repo.name, "downloadBytes": p.downloadsize,
            "held": key(p) not in free, "advisories": list(told.values()),
        })
    # A repository without updateinfo says nothing of security; it does not say that nothing is wrong.
    untold = sorted({u["repository"] for u in found if not base.repos[u["repository"]]._repo.getMetadataPath("updateinfo")})
    cached = {p.repoid for p in base.sack.query(flags=hawkey.IGNORE_EXCLUDES).available()}
    return {
        "updates": found, "withoutAdvisories": untold, "besides": sorted(set(left_out)), "empty": [r for r in base.enabled_at_first if r not in cached],
        "lost": [{"name": n, "architecture": a, "version": v} for n, a, v in
                 ((u["name"], u["architecture"], u["installed"]) for u in found)
                 if not base.sack.query(flags=hawkey.IGNORE_EXCLUDES).available().filter(name=n, arch=a, evr=v)],
    }


def simulate():
    base = shared_base(excludes=False)
    return resolve(base, chosen(base, ASK["changes"]))


def pinned():
    base = shared_base(excludes=True)
    free, every = {key(p) for p in offered(base)}, {key(p) for p in offered(base, hawkey.IGNORE_EXCLUDES)}
    away = [c for c in ASK["changes"] if wanted(c) in every and wanted(c) not in free]
    best = {p.name: evr(p) for p in base.sack.query().filter(name=[c["name"] for c in away]).latest()}
    return [{"name": c["name"], "candidate": best.get(c["name"], "")} for c in away]


def origins():
    base = shared_base(excludes=False)
    asked = {wanted(c) for c in ASK["changes"]}
    return [{"name": p.name, "origin": p.vendor or "", "label": p.repo.name, "suite": p.repoid} for p in offered(base).filter(name=[a[0] for a in asked]) if key(p) in asked]


def sizes():
    base = shared_base(excludes=False)
    packages = chosen(base, ASK["changes"])
    old = {(p.name, p.arch): p.installsize for p in base.sack.query().installed()}
    return {"download": sum(p.downloadsize for p in packages), "growth": sum(max(0, p.installsize - old.get((p.name, p.arch), 0)) for p in packages)}


def fetch():
    """Into the given directory, under names of their own. dnf compares the hash with the signed metadata; the signature is checked here."""
    base = open_base(excludes=False)
    packages = chosen(base, ASK["changes"], ASK.get("some", False))
    base.download_packages(packages, TOLD)
    files = []
    for pkg in packages:
        result, error = base.package_signature_check(pkg)
        if result == 1:
            raise SystemExit("untrusted: the key of repository %s is not imported (%s); its owner imports it with: rpm --import" % (pkg.repoid, error))
        if result != 0:
            raise SystemExit("untrusted: %s" % error)
        target = os.path.join(ASK["directory"], "%s-%s.%s.rpm" % (pkg.name, evr(pkg).replace(":", "%3a"), pkg.arch))
        shutil.copyfile(pkg.localPkg(), target + ".part")
        os.rename(target + ".part", target)
        files.append({"name": pkg.name, "architecture": pkg.arch, "version": evr(pkg), "file": target})
    return files


def restore():
    """What going back would do, in a copy of the rpm database in which the change has already been made."""
    root = ASK["scratch"]
    shutil.rmtree(root, ignore_errors=True)
    database = subprocess.run(["rpm", "--eval", "%_dbpath"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    shutil.copytree(database, root + database)
    try:
        change = ["rpm", "--root", root, "--justdb", "--nodeps", "--noscripts", "--notriggers", "--oldpackage", "--replacepkgs", "-U"]
        subprocess.run(change + [f for f in ASK["installed"]], stdout=sys.stderr, check=True)
        base = open_base(excludes=False, installroot=root, repositories=False)
        return resolve(base, base.add_remote_rpms(ASK["kept"], strict=True))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def refresh():
    base = open_base(excludes=True, repositories=False)
    base.read_all_repos()
    told = []
    for repo in base.repos.iter_enabled():
        repo.skip_if_unavailable = False
        address = (repo.baseurl or [repo.metalink or repo.mirrorlist or ""])[0]
        row = {"uri": address, "suite": repo.id, "state": "fresh", "detail": ""}
        try:
            repo._repo.expire()
            repo.load()
        except (dnf.exceptions.RepoError, RuntimeError) as error:
            bad = any(w in str(error).lower() for w in ("gpg", "signature", "key"))
            row.update(state="untrusted" if bad else "unreachable", detail=str(error)[:500])
        told.append(row)
    return told


def beforehand():
    """All that a plan is judged by, each answered or not by itself. The solver comes last: it leaves its marks in what it is given."""
    told = {}
    for question in (pinned, origins, sizes, simulate):
        try:
            told[question.__name__] = {"value": answer(question)}
        except SystemExit as problem:
            told[question.__name__] = {"problem": str(problem)}
    return told


def answer(question):
    try:
        return question()
    except dnf.exceptions.DepsolveError as error:
        raise SystemExit("solver: %s" % error)
    except dnf.exceptions.DownloadError as error:
        raise SystemExit("download: %s" % "; ".join(TOLD.reasons + [str(error)]))
    except dnf.exceptions.Error as error:
        raise SystemExit("broken: %s" % error)


OPERATIONS = {f.__name__: f for f in (updates, beforehand, fetch, restore, refresh)}
sys.stdout.write(json.dumps(answer(OPERATIONS[ASK["op"]])) + "\n")
`;
