#!/bin/sh
set -e
# A database that a newer version has migrated cannot be read by an older one.
if [ "$1" = upgrade ] && dpkg --compare-versions "@VERSION@" lt "$2"; then
  if [ -z "$BREAKWATER_ALLOW_DOWNGRADE" ]; then
    echo "breakwater-controller: downgrade from $2 to @VERSION@ refused, its database belongs to $2." >&2
    echo "Restore a copy of the database from before, then say BREAKWATER_ALLOW_DOWNGRADE=1 in the environment." >&2
    exit 1
  fi
fi
