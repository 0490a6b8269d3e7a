#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
  rm -rf /var/lib/breakwater-agent /var/lib/breakwater-executor /var/cache/breakwater-agent /etc/breakwater-agent/enrolled-operators.d
  rm -f /etc/apt/preferences.d/breakwater-hold-*
  # Keys and files that the owner laid down stay his; an empty directory goes.
  rmdir --ignore-fail-on-non-empty /etc/breakwater-agent/operators.d /etc/breakwater-agent/hooks/drain.d \
    /etc/breakwater-agent/hooks/undrain.d /etc/breakwater-agent/hooks /etc/breakwater-agent 2>/dev/null || true
  if getent passwd breakwater-agent >/dev/null; then
    deluser --system --quiet breakwater-agent || true
  fi
fi
