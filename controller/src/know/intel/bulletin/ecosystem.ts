/** Hints for a text's ecosystem, strongest first. The names are those of our own records. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/\bnpm(?:js)?\b|\bnode\.?js\b|\byarn add\b/i, "npm"],
  [/\bpypi\b|\bpip3? install\b|\bpython (?:package|library|module|sdk)\b/i, "pypi"],
  [/\bnuget\b|\bdotnet (?:add|sdk)\b/i, "nuget"],
  [/\brubygems?\b|\bgem install\b|\bruby gem\b|\bgems?\b/i, "gem"],
  [/\bcrates?\b|\bcargo\b|\brustsec\b/i, "cargo"],
  [/\bpackagist\b|\bcomposer (?:require|update)\b|\bcomposer\.json\b/i, "composer"],
  [/\bmaven\b|\bjenkins [\w ]{0,60}plugin\b/i, "maven"],
  [/\bgo (?:get|module)\b|\bgolang\b/i, "go"],
  [/\bubuntu \d\d\.\d\d\b|\bdebian\b|\bUSN-\d|\bDSA-\d/i, "deb"],
  [/\b(?:RH|AL|RL)SA-\d|\bred hat enterprise linux\b|\bsuse linux\b|\balmalinux\b|\bopensuse\b|\.el\d/i, "rpm"],
  [/\balpine linux\b/i, "apk"],
];

/** What ecosystem a name of this text belongs to, as far as its spelling or the text gives a hint. */
export function ecosystemHints(text: string): (name: string) => string | null {
  const head = text.slice(0, 20_000);
  const hint = HINTS.find(([words]) => words.test(head))?.[1] ?? null;
  return (name) => {
    if (/^@[\w.-]+\/[\w.-]+$/.test(name)) return "npm";
    if (/^(?:github\.com|gitlab\.com|golang\.org|go\.\w+|gopkg\.in|k8s\.io)\//.test(name)) return "go";
    if (/^[a-z][\w-]*(?:\.[\w-]+)+:[\w.-]+$/i.test(name)) return "maven";
    return hint;
  };
}
