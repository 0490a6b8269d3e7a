/** Where the driver in the clone finds its order and leaves what it found. */
export const EXCHANGE = "/run/breakwater-rehearsal";
/** The clone's own layer: everything that differs from the machine, read-only. */
export const LAYER = `${EXCHANGE}/layer`;

/**
 * Makes the clone in a mount namespace of its own, so that the machine never sees a mount of it and the kernel takes all of
 * them back when the last process ends. Arguments: the rehearsal's directory, "booted" or "chroot", "loop" or "tmpfs", the
 * layer's size in bytes. Submounts to clone too stand in DIRECTORY/mounts, a line each.
 *
 * overlayfs calls changing the lower layer meanwhile undefined; whether it changed is compared afterwards (fingerprint.ts).
 */
export const CLONE_SCRIPT = `set -eu
dir=$1 level=$2 kind=$3 bytes=$4
mount --make-rprivate /
mkdir -p "$dir/layer" "$dir/root" "$dir/exchange/layer"
if [ "$kind" = loop ]; then
  mount -o loop,noatime "$dir/layer.img" "$dir/layer"
else
  mount -t tmpfs -o "size=$bytes,mode=700" layer "$dir/layer"
fi
# Names and addresses of the machine's network, for cables in the clone that lead nowhere.
: >"$dir/addresses"
if command -v ip >/dev/null; then
  ip -o addr show scope global | while read -r _ link _ address _; do echo "$link $address"; done | head -n 16 >"$dir/addresses"
fi
over() { # the path in the machine, the name of its part of the layer
  mkdir -p "$dir/layer/up-$2" "$dir/layer/work-$2"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$dir/layer/up-$2,workdir=$dir/layer/work-$2" "$dir/root$1"
}
over / 0
number=1
while read -r path; do
  over "$path" $number || echo "$path" >>"$dir/exchange/left-out"
  number=$((number + 1))
done <"$dir/mounts"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  # cgroup v2 lets no process stand in a group whose controllers its children use.
  own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
  mkdir -p "$own/outside" "$own/clone"
  echo 0 >"$own/outside/cgroup.procs"
  for controller in memory pids cpu; do echo "+$controller" >"$own/cgroup.subtree_control" 2>/dev/null || true; done
  echo "$own/clone" >"$dir/cgroup"
else
  : >"$dir/cgroup"
fi
exec unshare --pid --fork --kill-child /bin/sh "$dir/enter.sh" "$dir" "$level"
`;

/**
 * First process of the clone. What the kernel shares with the machine is made read-only (settings in /proc/sys, /sys), there
 * are no devices but the harmless ones, and no network but a loopback and unplugged cables of the machine's names. Its path is
 * that of a transaction, without /usr/local; services in a copy that is booted have systemd's own, as on the machine.
 */
export const ENTER_SCRIPT = `set -eu
dir=$1 level=$2 root=$1/root
group=$(cat "$dir/cgroup")
[ -z "$group" ] || echo 0 >"$group/cgroup.procs"
cat >"$dir/settle.sh" <<'SETTLE'
set -eu
dir=$1 level=$2 root=$1/root
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755,nosuid,nodev,size=128m tmpfs "$root/run"
mkdir -p "$root/run/lock" "$root${EXCHANGE}"
mount -t tmpfs -o mode=755,nosuid,size=4m tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev,size=64m tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for part in sys sysrq-trigger irq bus; do
  [ -e "$root/proc/$part" ] || continue
  mount --bind "$root/proc/$part" "$root/proc/$part"
  mount -o remount,ro,bind "$root/proc/$part"
done
mount --bind "$dir/exchange" "$root${EXCHANGE}"
mount --rbind "$dir/layer" "$root${LAYER}"
mount -o remount,ro,bind "$root${LAYER}"
if command -v ip >/dev/null; then
  ip link set lo up
  number=0
  while read -r link address; do
    # Not asked of /sys, which here still shows the machine's own.
    if ! ip link show "$link" >/dev/null 2>&1; then
      number=$((number + 1))
      ip link add "$link" type veth peer name "bwpeer$number" && ip link set "bwpeer$number" up && ip link set "$link" up || continue
    fi
    ip addr add "$address" dev "$link" 2>/dev/null || true
  done <"$dir/addresses"
fi
keep="-sys_module,-sys_rawio,-sys_time,-mknod,-syslog,-mac_admin,-mac_override,-audit_control"
if [ "$level" = chroot ]; then
  printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  cd "$root"
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv --bounding-set "$keep" chroot . /bin/sh ${EXCHANGE}/driver.sh
fi
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755,size=1m cgroup "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
  if [ -d /sys/fs/cgroup/unified ]; then
    mkdir "$root/sys/fs/cgroup/unified"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
  fi
  for controller in memory pids cpu; do
    [ -d "/sys/fs/cgroup/$controller" ] || continue
    mkdir "$root/sys/fs/cgroup/$controller"
    mount -t cgroup -o $controller cgroup "$root/sys/fs/cgroup/$controller" || rmdir "$root/sys/fs/cgroup/$controller"
  done
fi
units=$root/run/systemd/system
mkdir -p "$units/multi-user.target.wants"
# Timed jobs are no part of the patch, and nothing will ever come online.
for unit in timers.target cron.service anacron.service atd.service systemd-networkd-wait-online.service NetworkManager-wait-online.service; do
  ln -s /dev/null "$units/$unit"
done
# Our own part must neither act in the clone nor be missing from it.
for unit in breakwater-agent breakwater-executor; do
  printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >"$units/$unit.service"
done
ln -s /dev/null "$units/breakwater-executor.socket"
printf '[Unit]\\nDefaultDependencies=no\\nAfter=basic.target\\n[Service]\\nType=exec\\nExecStart=/bin/sh ${EXCHANGE}/driver.sh\\nOOMPolicy=continue\\nKillMode=process\\n' >"$units/breakwater-rehearsal.service"
ln -s ../breakwater-rehearsal.service "$units/multi-user.target.wants/breakwater-rehearsal.service"
cd "$root"
exec env -i container=breakwater PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \\
  setpriv --bounding-set "$keep" chroot . /lib/systemd/systemd fstab=no systemd.unit=multi-user.target --show-status=no
SETTLE
exec unshare --net --uts --ipc --cgroup /bin/sh "$dir/settle.sh" "$dir" "$level"
`;
