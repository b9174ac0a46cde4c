#!/bin/sh
# Builds the pinned toxiproxy-server and toxiproxy-cli into a folder, from the Go module proxy alone.
# Usage: build.sh DIRECTORY   (GOOS and GOARCH choose another target)
#
# The folder appears complete or not at all: everything is built beside it and moved in one step.
# Checksums come from go.sum; -mod=readonly makes Go refuse anything that is not listed there.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
target=${1:?usage: build.sh DIRECTORY}
module=github.com/Shopify/toxiproxy/v2
version=$(sed -n "s|^require $module v||p" "$here/go.mod")

mkdir -p "$(dirname -- "$target")"
scratch=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

cd "$here"
for program in server cli; do
  # Without -X the server calls itself "git".
  CGO_ENABLED=0 go build -mod=readonly -trimpath \
    -ldflags "-s -w -X $module.Version=$version" \
    -o "$scratch/toxiproxy-$program" "$module/cmd/$program"
done

chmod 755 "$scratch"
rm -rf "$target"
mv "$scratch" "$target"
