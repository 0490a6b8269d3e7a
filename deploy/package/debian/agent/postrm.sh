#!/bin/sh
set -e
# Snapshots of the root that were taken before changes: nobody else knows of them, and on LVM they would fill up a pool in time.
drop_snapshots() {
  if [ -d /.breakwater-snapshots ] && command -v btrfs >/dev/null; then
    for snapshot in /.breakwater-snapshots/*; do
      if [ -d "$snapshot" ]; then btrfs subvolume delete "$snapshot" >/dev/null || echo "breakwater-agent: $snapshot stays" >&2; fi
    done
    rmdir --ignore-fail-on-non-empty /.breakwater-snapshots
  fi
  machine=$(cat /etc/machine-id 2>/dev/null || true)
  if [ -n "$machine" ] && command -v lvs >/dev/null; then
    timeout 60 lvs --noheadings --separator ' ' --options vg_name,lv_name,lv_tags 2>/dev/null | while read -r group name tags; do
      # Another system in the same group keeps its own.
      case ",$tags" in
      *",breakwater-before:$machine:"*) timeout 60 lvremove --yes "$group/$name" >/dev/null 2>&1 || echo "breakwater-agent: logical volume $group/$name stays" >&2 ;;
      esac
    done
  fi
}
# What a killed executor left of a transaction: it would keep services from starting for ever. Changed by the owner, it is his.
drop_policy() {
  policy=/usr/sbin/policy-rc.d
  [ -f "$policy" ] && [ ! -L "$policy" ] || return 0
  sed -n 2p "$policy" | grep -q '^# Laid by Breakwater' || return 0
  [ "$(sed -n '$s/^# seal //p' "$policy")" != "$(sed '$d' "$policy" | sha256sum | cut -d ' ' -f 1)" ] || rm -f "$policy"
}
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ "$1" = remove ] || [ "$1" = purge ]; then
  drop_policy
fi
if [ "$1" = purge ]; then
  drop_snapshots
  rm -rf /var/lib/breakwater-agent /var/lib/breakwater-executor /var/cache/breakwater-agent /etc/breakwater-agent/enrolled-operators.d
  rm -rf /run/breakwater-agent /run/breakwater-starts
  rm -f /etc/apt/preferences.d/breakwater-hold-*
  # Keys and files that the owner laid down stay his; an empty directory goes.
  rmdir --ignore-fail-on-non-empty /etc/breakwater-agent/operators.d /etc/breakwater-agent/hooks/drain.d \
    /etc/breakwater-agent/hooks/undrain.d /etc/breakwater-agent/hooks /etc/breakwater-agent 2>/dev/null || true
  if getent passwd breakwater-agent >/dev/null; then
    deluser --system --quiet breakwater-agent || true
  fi
fi
