#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
  # The authority's key and every record of what was done: whoever wants that gone says so by purging.
  rm -rf /var/lib/breakwater /var/cache/breakwater
  rmdir --ignore-fail-on-non-empty /etc/breakwater 2>/dev/null || true
  if getent passwd breakwater >/dev/null; then
    deluser --system --quiet breakwater || true
  fi
fi
