#!/bin/sh
set -e
# An older version may not read what a newer one wrote. Going back is for a plan's own way back, for what was switched back
# already, and for whoever says so.
if [ "$1" = upgrade ] && dpkg --compare-versions "@VERSION@" lt "$2"; then
  if [ -z "$BREAKWATER_TRANSACTION$BREAKWATER_ALLOW_DOWNGRADE" ] &&
    [ "$(readlink /usr/lib/breakwater-agent/current)" != "versions/@VERSION@" ]; then
    echo "breakwater-agent: downgrade from $2 to @VERSION@ refused; BREAKWATER_ALLOW_DOWNGRADE=1 in the environment allows it." >&2
    exit 1
  fi
fi
