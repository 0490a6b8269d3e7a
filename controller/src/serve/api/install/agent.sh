#!/bin/sh
# Installs the Breakwater agent and lets this machine join a fleet. Whoever started it has checked its digest; it checks the
# package's before anything is installed, and the agent checks the authority's before it says its token.
set -eu
url='' sha256='' server='' fingerprint='' token=''
fail() {
  echo "breakwater: $*" >&2
  exit 1
}
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || fail "$1 needs a value"
  case $1 in
  --package) url=$2 ;;
  --package-sha256) sha256=$2 ;;
  --server) server=$2 ;;
  --ca-fingerprint) fingerprint=$2 ;;
  --token) token=$2 ;;
  *) fail "unknown argument $1" ;;
  esac
  shift 2
done
[ -n "$url" ] && [ -n "$sha256" ] && [ -n "$server" ] && [ -n "$fingerprint" ] && [ -n "$token" ] || fail "an argument is missing: copy the whole line"
[ "$(id -u)" = 0 ] || fail "this installs a package: run it as root"
command -v apt-get >/dev/null && command -v dpkg >/dev/null || fail "this machine has no apt: the agent's package is for Debian and Ubuntu"
[ "$(dpkg --print-architecture)" = amd64 ] || fail "the agent's package is for amd64, this machine is $(dpkg --print-architecture)"

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
chmod 755 "$directory" # apt fetches as a user of its own
deb=$directory/breakwater-agent_amd64.deb
curl -fsSL --retry 3 -o "$deb" "$url" || fail "the package could not be fetched from $url"
echo "$sha256  $deb" | sha256sum -c --quiet - >/dev/null 2>&1 ||
  fail "the package is not the one that the command pins (sha256 $(sha256sum "$deb" | cut -d' ' -f1)): nothing was installed"
DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o Dpkg::Options::=--force-confold "$deb" || fail "the package could not be installed"
if [ -e /var/lib/breakwater-agent/identity.json ]; then
  echo "This machine has joined a fleet already and stays in it; breakwater-agent enroll would move it."
else
  BREAKWATER_JOIN_TOKEN=$token breakwater-agent enroll --server "$server" --ca-fingerprint "$fingerprint"
fi
[ ! -d /run/systemd/system ] || systemctl restart breakwater-agent.service
echo "The agent runs and only looks. What it may change stands in /etc/breakwater-agent/policy.yaml."
