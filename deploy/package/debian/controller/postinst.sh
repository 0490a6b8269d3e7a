#!/bin/sh
set -e
if [ "$1" = configure ]; then
  if ! getent passwd breakwater >/dev/null; then
    adduser --system --group --quiet --home /var/lib/breakwater --no-create-home breakwater
  fi
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable --quiet breakwater-controller.service
    # What a start cannot do is told by its journal; the package is installed all the same.
    systemctl restart breakwater-controller.service || true
  fi
  if [ -z "$2" ]; then
    echo "breakwater-controller: the console is at http://127.0.0.1:8480; its set-up link is in the journal:"
    echo "  journalctl -u breakwater-controller | grep Set-up"
  fi
fi
