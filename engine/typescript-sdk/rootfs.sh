#!/bin/sh
# Fills a folder with the root file system of the image: rootfs.sh FOLDER CODEGEN, in this folder.
# CODEGEN is the compiled github.com/dagger/dagger/cmd/codegen. Node is npm's; busybox, the C library and the CA certificates are the host's.
set -eu
umask 022
root=$1
codegen=$2
home=$root/usr/lib/fairlead

# The SDK's package, and what only it needs, is there until it is bundled.
npm ci --include=dev --ignore-scripts --no-audit --no-fund --loglevel=error
node=$(echo node_modules/node-linux-*/bin/node)
"$node" bundle.mjs dagger
npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

# The engine selects the two caches of Go as folders, and takes a host with /etc/debian_version for one whose CA certificates are a bundle.
for folder in bin etc/ssl/certs go/pkg/mod node_modules proc root/.cache/go-build scratch src sys tmp usr/bin "${home#"$root"/}"; do
  mkdir -p "$root/$folder"
done
chmod 1777 "$root/tmp"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 12 >"$root/etc/debian_version"
echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
echo root:x:0: >"$root/etc/group"

busybox=$(command -v busybox)
for program in "$node" "$busybox"; do
  ldd "$program" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
  done
done
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
  [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
done
ln -s ../../bin/env "$root/usr/bin/env"

mv "$node" "$root/usr/bin/node"
rm -rf node_modules/node-linux-* node_modules/.bin node_modules/.package-lock.json
rmdir node_modules/@* 2>/dev/null || : # the scopes that npm left empty
mv node_modules/* "$root/node_modules/"
mkdir "$root/node_modules/@dagger.io"
mv dagger "$root/node_modules/@dagger.io/dagger"
ln -s ../../node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
ln -s ../../node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"

cp -R module go-sdk package.json "$home"
cp "$codegen" "$home/codegen"
cp -R runtime "$root/runtime"
