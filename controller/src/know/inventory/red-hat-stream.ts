/** A repository as an endpoint reports it: rpm's go by their id. */
interface Told {
  readonly suite: string;
  readonly uri: string;
}

/**
 * The stream of Red Hat Enterprise Linux that an endpoint's enabled repositories bring: "rhel-9-for-x86_64-baseos-eus-rpms" is EUS, the same without a mark the main one.
 * "" where they tell of none, or of several.
 */
export function streamOfRepositories(repositories: readonly Told[]): string {
  const streams = new Set<string>();
  for (const { suite, uri } of repositories) {
    const mark =
      /^rhel-\d+-(?:for|server)\b.*-(eus|aus|tus|e4s)-rpms$/.exec(suite)?.[1] ?? /\/rhel\d*\/(?:.*\/)?(eus|aus|tus|e4s)\//.exec(uri)?.[1];
    if (mark) streams.add(mark);
    else if (/^rhel-\d+-for-[^-]+-(baseos|appstream)-rpms$/.test(suite)) streams.add("main");
  }
  const [only] = streams;
  return streams.size === 1 && only ? only : "";
}
