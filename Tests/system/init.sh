#!/bin/bash
# The first process of a test machine, in namespaces of its own: lays a writable layer over $LOWER,
# makes it the root, and becomes systemd. $PLACE/share is /test in it.
set -euo pipefail

ip link set lo up
hostname machine
mount --make-rprivate /
root=$PLACE/root
mkdir "$root" "$PLACE/layer"
mount -t tmpfs -o mode=755,size=1g layer "$PLACE/layer"
mkdir "$PLACE/layer/upper" "$PLACE/layer/work"
mount -t overlay root -o "lowerdir=$LOWER,upperdir=$PLACE/layer/upper,workdir=$PLACE/layer/work" "$root"
mkdir -p "$root/test"
mount --bind "$PLACE/share" "$root/test"

cd "$root"
rm -f usr/sbin/policy-rc.d
: >etc/machine-id
echo machine >etc/hostname
echo 127.0.0.1 machine localhost >etc/hosts
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<<"$device"
    mknod -m 666 "dev/$name" c "$major" "$minor"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,mode=620,gid=5,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0 1 2; do
    name=$(echo stdin stdout stderr | cut -d ' ' -f $((number + 1)))
    ln -s "fd/$number" "dev/$name"
done
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp
# What there is one of in a kernel is not the machine's to change.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
for file in proc/sysrq-trigger proc/kcore; do
    [ ! -e "$file" ] || mount --bind dev/null "$file"
done
mkdir .before
pivot_root . .before
cd /
umount -l /.before
rmdir /.before
# Left to who starts systemd; without it LoadCredential= hands over empty folders.
mount --make-rshared /

masked=()
for unit in sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
    dev-hugepages.mount dev-mqueue.mount systemd-modules-load.service systemd-sysctl.service \
    systemd-udevd.service systemd-udev-trigger.service systemd-timesyncd.service \
    systemd-networkd.service systemd-resolved.service apt-daily.timer apt-daily-upgrade.timer \
    e2scrub_all.timer fstrim.timer modprobe@configfs.service modprobe@drm.service \
    modprobe@fuse.service modprobe@efi_pstore.service console-getty.service getty.target \
    systemd-remount-fs.service systemd-networkd-wait-online.service; do
    masked+=("systemd.mask=$unit")
done
# Without console: what the first process says goes to the journal, where a step looks for it.
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=test \
    TERM=dumb LANG=C.UTF-8 \
    setpriv --bounding-set -sys_module,-sys_rawio,-sys_time \
    /usr/lib/systemd/systemd --system --log-target=journal-or-kmsg --show-status=0 \
    systemd.unit=multi-user.target "${masked[@]}"
