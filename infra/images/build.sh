#!/bin/sh
# Builds the brokers' images without any container registry: a Debian root folder by debootstrap, the
# brokers by apt inside it, Toxiproxy by Go. Needs root or sudo for debootstrap, and a running engine.
# Usage: build.sh [--fresh] [rabbitmq] [redis] [toxiproxy] [compose]     default: the first three
#
# What is already built is kept (the engine's own build cache decides); --fresh builds all anew.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$root/scripts/setup/common.sh"
images=$root/infra/images
base=reliability-lab/debian:trixie
again="infra/images/build.sh${*:+ $*}"

main() {
  fresh=
  if [ "${1-}" = --fresh ]; then
    fresh=--no-cache
    shift
  fi
  [ "$#" -gt 0 ] || set -- rabbitmq redis toxiproxy
  docker info >/dev/null 2>&1 || fail 'no container engine answers' 'next: scripts/engine start'

  if [ -n "$fresh" ] || ! docker image inspect "$base" >/dev/null 2>&1; then
    step "$again" "image $base by debootstrap" build_base
  fi
  for name in "$@"; do
    case $name in
      rabbitmq | redis | compose)
        step "$again" "image reliability-lab/$name:local" build_image "$name" "$images/$name"
        ;;
      toxiproxy) step "$again" 'image reliability-lab/toxiproxy:local' build_toxiproxy ;;
      *)
        say "no such image: $name"
        exit 64
        ;;
    esac
  done
}

# build_image NAME CONTEXT. The host's network is the only one that surely reaches the package mirror.
build_image() {
  docker build ${fresh:+"$fresh"} --network host --tag "reliability-lab/$1:local" "$2"
}

build_base() (
  mkdir -p "$lab_cache"
  scratch=$(mktemp -d "$lab_cache/debian.XXXXXX")
  trap 'as_root rm -rf --one-file-system "$scratch"' EXIT
  trap 'exit 130' HUP INT TERM
  # LAB_DEBIAN_MIRROR, if set, takes the place of debootstrap's default.
  as_root debootstrap --variant=minbase \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    trixie "$scratch/debian" ${LAB_DEBIAN_MIRROR:+"$LAB_DEBIAN_MIRROR"}
  # Services are told not to start while packages are installed into images.
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$scratch/debian/usr/sbin/policy-rc.d" >/dev/null
  as_root chmod 755 "$scratch/debian/usr/sbin/policy-rc.d"
  as_root tar --numeric-owner -C "$scratch/debian" --exclude=./var/cache/apt/archives/*.deb -c . |
    docker import - "$base"
)

# The programs are built by this machine's Go, else by the one in Debian, in a container.
build_toxiproxy() (
  mkdir -p "$lab_cache"
  scratch=$(mktemp -d "$lab_cache/toxiproxy-image.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' HUP INT TERM
  PATH=$PATH:/usr/local/go/bin
  GOOS=linux
  GOARCH=$(docker version --format '{{.Server.Arch}}')
  export GOOS GOARCH
  if ! command -v go >/dev/null 2>&1 || ! "$root/infra/toxiproxy/build.sh" "$scratch/bin"; then
    build_in_container "$scratch"
  fi
  cp "$images/toxiproxy/Dockerfile" "$scratch/bin/"
  build_image toxiproxy "$scratch/bin"
)

build_in_container() {
  # The machine's certificates go along: behind a proxy the container's own would not do.
  for certificates in "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" /etc/ssl/cert.pem; do
    [ ! -f "$certificates" ] || break
  done
  # shellcheck disable=SC2016 # expanded by the shell in the container
  docker run --rm --network host --env GOPROXY --env GOFLAGS --env DEBIAN_FRONTEND=noninteractive \
    --env SSL_CERT_FILE=/certificates.crt --volume "$certificates:/certificates.crt:ro" \
    --volume "$root/infra/toxiproxy:/source:ro" --volume "$1:/out" \
    --env OWNER="$(id -u):$(id -g)" "$base" sh -ec '
      apt-get update
      apt-get install -y --no-install-recommends golang-go
      /source/build.sh /out/bin
      chown -R "$OWNER" /out/bin'
}

main "$@"
