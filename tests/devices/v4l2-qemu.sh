#!/bin/sh
# Tests capture.camera on a real Video4Linux device, in a virtual machine: Debian's kernel has the test driver vivid, which makes a
# /dev/video0. Not part of `make check`: it downloads a kernel and boots it in software (about a minute in all).
#
#   tests/devices/v4l2-qemu.sh [BUILD_DIR]      BUILD_DIR: where all is built, tests/devices/test_v4l2 too (default: build)
#
# In it run the camera's tests, `loquat inspect`, and `loquat run` with camera, scaler and snapshot.
# Needs Debian's packages qemu-system-x86 kmod cpio. The machine sees this root read-only (9p), has no network, and switches itself off.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-$here/build}" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/loquat-v4l2-qemu
PATH=$PATH:/sbin:/usr/sbin
for tool in qemu-system-x86_64 depmod modprobe cpio dpkg apt-get; do
	command -v $tool >/dev/null || { echo "v4l2-qemu: there is no $tool (install qemu-system-x86 kmod cpio)" >&2; exit 77; }
done
for file in loquat plugins/.libs/v4l2.so plugins/.libs/ffmpeg.so plugins/.libs/snapshot.so tests/devices/test_v4l2; do
	[ -e "$build/$file" ] || { echo "v4l2-qemu: there is no $build/$file: build first: make && make tests/devices/test_v4l2" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"

# The kernel and busybox of Debian, unpacked beside the system, not installed.
if [ ! -e "$cache/ready" ]; then
	image=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
	(cd "$work" && apt-get -q download "$image" busybox-static && for deb in *.deb; do dpkg -x "$deb" "$cache/root"; done)
	touch "$cache/ready"
fi
version=$(basename "$cache"/root/lib/modules/*)
[ -e "$cache/root/lib/modules/$version/modules.dep.bin" ] || depmod -b "$cache/root" "$version"

# An initrd with the modules in the order of their loading.
ird=$work/ird
mkdir -p "$ird/bin" "$ird/modules" "$ird/proc" "$ird/sys" "$ird/dev" "$ird/host"
cp "$cache/root/bin/busybox" "$ird/bin/"
for module in virtio_pci 9pnet_virtio 9p vivid; do
	modprobe -d "$cache/root" -S "$version" --show-depends $module | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
	cp "$file" "$ird/modules/"
	basename "$file" >> "$ird/order"
done
cat > "$ird/init" <<EOF
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
while read -r m; do
	case \$m in vivid.ko) options="n_devs=1 node_types=0x1" ;; *) options= ;; esac
	insmod /modules/\$m \$options
done < /order
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro host /host
mount -t tmpfs t /host/tmp; mount --bind /proc /host/proc; mount --bind /sys /host/sys; mount --bind /dev /host/dev
cp /guest.sh /camera.json /host/tmp/
chroot /host /bin/sh /tmp/guest.sh 2>&1
poweroff -f
EOF
cat > "$ird/guest.sh" <<EOF
cd /tmp
export HOME=/tmp LQ_PLUGIN_PATH=$build/plugins/.libs LQ_SCAN_PROGRAM=$build/loquat-scan LQ_TEST_CAMERA=/dev/video0 CK_TIMEOUT_MULTIPLIER=4
$build/tests/devices/test_v4l2
echo "test_v4l2 exit \$?"
$build/loquat inspect capture.camera
echo "loquat inspect exit \$?"
$build/loquat run camera.json --seconds 10 --stats
echo "loquat run exit \$?"
[ -s camera.png ] && echo "snapshot of \$(wc -c < camera.png) bytes"
EOF
cat > "$ird/camera.json" <<'EOF'
{ "loquat_profile": 1, "name": "camera", "summary": "A camera, scaled", "loops": { "video": {} },
  "graphs": { "run": {
    "nodes": {
      "cam": { "use": "capture.camera", "loop": "video", "params": { "size": "640x360", "fps": "30/1" } },
      "scale": { "use": "filter.scale", "loop": "video", "params": { "size": "320x180" } },
      "null": { "use": "render.null", "loop": "video" },
      "picture": { "use": "render.snapshot", "loop": "video", "params": { "file": "camera.png" } } },
    "chains": [["cam", "scale", "null"], ["scale", "picture"]] } } }
EOF
chmod +x "$ird/init"
(cd "$ird" && find . | cpio -o -H newc 2>/dev/null | gzip -1) > "$work/initrd.gz"

timeout 600 nice qemu-system-x86_64 -accel tcg -cpu max -m 1024 -smp 2 -nographic -no-reboot -nic none \
	-kernel "$cache/root/boot/vmlinuz-$version" -initrd "$work/initrd.gz" -append "console=ttyS0 quiet panic=-1" \
	-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap < /dev/null | tee "$work/log"
frames=$(awk '$1 == "run/null" && $3 == "framesRendered" { print $4 + 0 }' "$work/log")
for part in "test_v4l2 exit 0" "loquat inspect exit 0" "/dev/video0  vivid" "loquat run exit 0" "snapshot of"; do
	grep -q "$part" "$work/log" || { echo "v4l2-qemu: FAILED: not seen: $part"; exit 1; }
done
[ "${frames:-0}" -ge 30 ] || { echo "v4l2-qemu: FAILED: ${frames:-0} frames in 10 seconds"; exit 1; }
echo "v4l2-qemu: passed, $frames frames through the graph in 10 seconds"
