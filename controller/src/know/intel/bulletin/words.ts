/** Lists of phrases that the grammar of version expressions is made of; longer phrases stand first. */
const phrases = (text: string): readonly (readonly string[])[] =>
  text
    .split("|")
    .map((p) => p.trim().split(" "))
    .sort((a, b) => b.length - a.length);
const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** What follows is the first version that is not affected. */
export const BEFORE = phrases(
  "before|to before|up to before|to just before|through before|prior to|to prior to|prior|previous to|preceding|earlier than|older than|lower than|less than|smaller than|below|up to but not including|up to but excluding|up to and excluding|up to excluding|up to and not including|through but not including|before and not including|any version before|until|<",
);
/** What follows is the last version that is affected. */
export const UP_TO = phrases(
  "through and including|up to and including|all versions including|all versions up to|up through|up to|upto|through|thru|till|until and including|up until|<=|less than or equal to|equal to or less than|equal or less than|less or equal to|lower than or equal to|equal to or lower than|equal or lower than|at or below|no later than|not later than",
);
/** Between two versions only: "1.0 to 1.4", "1.0 - 1.4". */
export const BETWEEN = phrases("to|-|–|—|~|and up to");
/** What follows is the first version that is affected. */
export const FROM = phrases(
  "from|since|starting from|starting with|starting in|starting at|starting|beginning with|beginning in|beginning from|between|greater than or equal to|greater than|later than|newer than|after|>=|>|introduced in|introduced with|introduced by",
);
/** What stands before is the last version that is affected. */
export const AND_EARLIER = phrases(
  [
    "earlier",
    "prior",
    "below",
    "older",
    "lower",
    "before",
    "previous",
    "earlier versions",
    "prior versions",
    "older versions",
    "previous versions",
    "lower versions",
    "all earlier versions",
    "all prior versions",
    "all previous versions",
    "all older versions",
    "any earlier version",
    "earlier releases",
    "prior releases",
    "previous releases",
    "possibly earlier",
    "certain earlier versions",
    "some earlier versions",
    "possibly earlier versions",
    "possibly prior",
    "probably earlier",
    "probably earlier versions",
    "possibly other versions",
    "all versions prior",
    "all versions before",
    "all versions below",
    "those before",
    "under",
    "down",
    "older are",
  ]
    .flatMap((tail) => [`and ${tail}`, `or ${tail}`])
    .concat("earlier", "inclusive")
    .join("|"),
);
/** What stands before is a version that is good from there on, or affected from there on: the words around tell. */
export const AND_LATER = phrases(
  "later newer above higher up upwards greater onward onwards beyond"
    .split(" ")
    .flatMap((tail) => [`or ${tail}`, `and ${tail}`, tail, `or any ${tail}`, `and all ${tail}`])
    .filter((p) => p !== "up")
    .concat("+")
    .join("|"),
);

export const VERSION_WORD = words("version versions v ver vers release releases rev revision firmware build builds");
/** Stands between a name and its versions and says nothing. */
export const FILLER = words(
  "version versions v ver vers release releases firmware software all any every affected vulnerable impacted unpatched affecting affects affect in of the a an for with on is are was were has have running using which including include includes such as at its their these those only both package packages component components branch branches series line lines users either latest stable product products current older ranging",
);

/** A version after one of these is the repaired one. The words between may be "in", "with", "version" and the like. */
export const FIX_VERB = words(
  "fixed fix fixes fixing patched patch patches resolved resolve resolves addressed address addresses remediated remediate remediates corrected correct corrects mitigated solved solves repaired closed released releasing upgrade upgrading upgraded upgrades update updated updating updates migrate available shipped backported published move switch bump bumped landed cherrypick cherrypicked cherry-pick cherry-picked remedied eliminated rectified hotfix releases unaffected install installing provides provided provide produced delivers",
);
/** After a version: it is the repaired one. */
export const FIX_AFTER = words(
  "corrects fixes fix fixed patches patch patched addresses address addressed resolves resolve resolved corrects corrected remediates remediated mitigates mitigate solves solve contains contain includes include provides provide removes escapes sanitizes introduces introduced disables prevents requires rejects validates restricts adds limits ensures applies performs masks encrypts checks verifies uses disallows removed releases sanitises unaffected invalidates hides",
);
/** After a version, of these it is only so with "fix" or "patch" following. */
export const FIX_AFTER_NEEDS_NOUN = words(
  "contains contain includes include provides provide introduces introduced releases requires adds",
);
export const FIX_NOUN = words(
  "fix fixes patch patches patched fixed correction remediation mitigation mitigations hotfix solution resolution update",
);
export const FIX_BLOCK = words(
  "not incomplete insufficient introduced regression tested reproduced confirmed requires require depends incompletely unfixed unpatched bypass vulnerable affected",
);

/** Sections in which a version is a repaired one unless the words say otherwise, and those in which it is an affected one. */
export const FIX_SECTION =
  /\b(?:patch(?:es|ed)?|fix(?:es|ed)?|solutions?|resolution|remediations?|recommendations?|mitigations?|upgrade|updated?|updates)\b/;
export const AFFECTED_SECTION = /\b(?:affected|impacted|vulnerable)\b/;

/** Names what is wrong rather than where: a name ends before these. */
export const WEAKNESS = words(`
  vulnerability vulnerabilities vulnerable improper insecure cross-site cross site cross-origin sql xml xss xxe csrf ssrf ssti rce idor dos redos cve remote stored
  reflected dom-based persistent directory path regular command code arbitrary prototype denial uncontrolled unrestricted incorrect
  missing insufficient unauthorized unauthenticated authenticated authorization authentication information sensitive privilege
  deserialization buffer heap stack heap-based stack-based integer out-of-bounds use-after-free use double null memory race timing cleartext
  scripting hardcoded hard-coded weak broken local file os ldap html crlf header http server-side server client-side exposure exposed leak leaks leakage
  disclosure disclose injection traversal overflow underflow bypass escalation execution inclusion upload smuggling forgery poisoning pollution
  exhaustion validation neutralization limitation encoding escaping handling verification redirect spoofing tampering clickjacking malicious
  potential possible multiple several security critical high moderate medium low important severity unsafe untrusted inadequate uncaught
  unhandled unchecked infinite excessive inefficient observable predictable permissive expression permission permissions access control
  attack attacker attackers attacks crash panic panics segfault null-pointer dereference resource externally-controlled externally controlled time-of-check
  advisory update updates upgrade hotfix patch fix fixes fixed bug bugfix mitigation
  exploit issue issues flaw flaws weakness type confusion undefined unsound unsoundness soundness data loss unexpected invalid unvalidated
  allows allow allowing lets may can could might must will does do did is are was were be been has have had contains contain containing leads lead leading
  causes cause causing results result enables enable affected affects affecting lacks lack fails fail failing accepts permits exposes
  suffers incorrectly improperly insufficiently mishandles mishandle uses using used via through before prior when where while if because due
  not doesn't don't cannot can't unable without with for from by on at to of in into during after since between versions version
`);

/** Words of running text: none of them is a name, unless it is in backticks or spelled like one. */
const ORDINARY = words(`
  ${[...WEAKNESS].join(" ")}
  the a an this that these those it its it's they their there here we our you your i he she who what which whose all any every each some most many few both either
  neither other others another such same own and or but nor so yet than then thus hence however therefore also only just even still already
  as about above across against along among around behind below beneath beside besides beyond despite down except inside like near off onto
  out outside over past per regarding under underneath until up upon within
  library libraries package packages module modules plugin plugins component components framework application applications app apps
  software product products project projects program service services tool tools driver drivers system systems device devices crate crates
  gem gems extension extensions addon add-on theme firmware client clients node.js npm pypi pip maven composer nuget rubygems repository github gitlab
  function functions method methods class classes parameter parameters argument arguments field fields option options feature features
  file files page pages user users admin administrator administrators developer developers customer customers vendor maintainers maintainer
  team everyone anyone people organization release releases firmware build builds branch line series installation installations
  instance instances deployment deployments environment environments implementation implementations interface endpoint endpoints api apis
  problem problems summary impact impacts details description workaround workarounds patches patched references reference recommendation
  recommendations solution resolution remediation overview background credit credits note notes affected unaffected impacted vulnerable
  previously earlier later newer older lower higher latest current new old first last next recent known following please see
  should would shall need needs needed recommend recommended recommends advised encourage upgrade upgrading upgraded updated updating migrate
  install installed released available include includes including included contain discovered found identified reported classified rated
  located exists exist existed present occurs occur running run runs make makes made get gets set sets take give given
  successful successfully fully partially properly directly certain specific specially specifically crafted default configuration configured
  attention caution warning important notice mitigations mitigated addressed resolved remediated corrected customers yes no none n/a tbd unknown
  january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday
  one two three four five six seven eight nine ten zero more less least much very too well back long full
  yanked web supported minor major default later patch-level official community default enterprise edition
  exploitation exploited exploiting score base vector cvss cwe id ids identifier name named names title date number part total product-level
  now today soon once again instead alternatively additionally furthermore moreover if else unless whether
  request requests response responses input output value values content contents string strings object objects array arrays key keys token tokens
  prevent prevents avoid avoids passing parsing reading writing possibility lack ability sending calling opening loading incorrectly improperly insufficient inadequate denial how what certain various some no
  adapter adapters database databases handler handlers provider providers parser parsers backend frontend middleware protocol session sessions cookie cookies
  header headers body query queries template templates rendering renderer editor browser browsers network networks connection connections address addresses
  host hosts hostname port ports domain proxy cache storage memory buffer pointer thread process processes kernel device hardware machine machines
  form forms button widget dashboard panel view views controller model models image images document documents upload uploads download downloads
  password passwords username login logout account accounts role roles group groups tenant workspace email message messages comment comments
  variable variables operation operations action actions event events task tasks job jobs script scripts commandline shell terminal console
  behavior behaviour mode state status flow logic algorithm algorithms signature signatures certificate certificates hash encryption decryption
  test tests example examples sample samples case cases scenario commit commits pull merge branch tag tags change changes diff
  thing things way ways place point part parts section scope level kind type types range ranges set list lists table tables row rows column
  anonymous regular normal standard custom internal external public private global shared single whole entire
  provides provided provide delivers delivered produced believed being order
  open context safe earliest unspecified thanks thank credited researcher researchers
`);

const COMPOUND =
  /^(?:non|pre|post|multi|self|man-in|end-to|high|low|long|third|well|so|by|in|on|built|per|re|sub|un|co|anti|attacker)-[a-z-]+$|-(?:of-\w+|the-\w+|controlled|supplied|provided|defined|generated|specified|facing|created|only|wide|side|based|level|less|like|driven|related|specific|enabled|scoped|encoded|overflow|underflow|free|bounds|bypass|dereference|confusion|traversal|injection|leak|condition|scripting)$|^[a-z]{2,}(?:ally|ially|ently|antly|ately|edly|ously|ively|ably|ibly|arly)$/;

/** Whether a word in lower case is one of running text rather than a name. */
export const COMMON = { has: (word: string): boolean => ORDINARY.has(word) || COMPOUND.test(word) };

/** Formats, protocols and the like in capitals: what a flaw is in, never whose version a text states. A package of that name is spelled in lower case. */
export const TECHNICAL = words(`
  GET POST PUT PATCH DELETE HEAD OPTIONS ZIP TAR GZIP JPEG JPG PNG GIF SVG PDF CSV TSV XML JSON YAML TOML HTML CSS URL URI URLS HTTP HTTPS TCP UDP IP IPV4 IPV6 DNS SSL TLS SSH FTP SMTP IMAP API APIS REST SQL LDAP
  SAML JWT JWE JWS JWK OIDC XSS CSRF SSRF XXE RCE DOS DDOS UI GUI CLI IV AES CBC GCM ECB RSA DSA ECDSA DES HMAC MAC SHA MD5 CPU GPU RAM ROM DOM CORS CSP CRLF UTF ASCII ID IDS UUID IPC RPC
  SDK PR POC CVE CWE OS FFI UB OOM EOF NULL TODO FAQ TOCTOU MITM MFA TOTP OTP PIN PII ACL RBAC SSO XPATH XSLT XSL DTD BOM NTLM SMB NFS USB HID PCI VM VMS I/O IO AND OR NOT
`);

/** Platforms and protocols that are named with a version without being what the text is about. */
export const PLATFORM = words(
  "dart elixir javascript typescript kotlin lua scala swift erlang haskell d c# f# vb windows-server docker kubernetes python php java jdk jre node node.js ruby go golang rust perl windows linux macos ios android tls ssl http http/2 html unicode utf-8 cvss rfc ecma es ubuntu debian ieee pci owasp glibc gcc clang cmake openjdk v3 v2",
);
