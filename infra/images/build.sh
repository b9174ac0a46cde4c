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

# The functions below run under step, where a failing command does not end the script by itself:
# hence each goes on only with &&.

# build_image NAME CONTEXT ARGUMENTS... The host's network is the one that surely reaches the mirrors.
build_image() {
  build_name=$1 build_context=$2
  shift 2
  docker build ${fresh:+"$fresh"} --network host --tag "reliability-lab/$build_name:local" "$@" "$build_context"
}

build_base() (
  mkdir -p "$lab_cache" && scratch=$(mktemp -d "$lab_cache/debian.XXXXXX") || exit
  trap 'as_root rm -rf --one-file-system "$scratch"' EXIT
  trap 'exit 130' HUP INT TERM
  tree=$scratch/debian
  # LAB_DEBIAN_MIRROR, if set, takes the place of debootstrap's default.
  as_root debootstrap --variant=minbase \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    trixie "$tree" ${LAB_DEBIAN_MIRROR:+"$LAB_DEBIAN_MIRROR"} &&
    # Services are told not to start while packages are installed into images.
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$tree/usr/sbin/policy-rc.d" >/dev/null &&
    as_root chmod 755 "$tree/usr/sbin/policy-rc.d" &&
    as_root tar --numeric-owner -C "$tree" --exclude='./var/cache/apt/archives/*.deb' \
      -cf "$scratch/debian.tar" . &&
    docker import - "$base" <"$scratch/debian.tar"
)

# By this machine's Go, else by the one in Debian, inside the engine.
build_toxiproxy() (
  mkdir -p "$lab_cache" && scratch=$(mktemp -d "$lab_cache/toxiproxy-image.XXXXXX") || exit
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' HUP INT TERM
  PATH=$PATH:/usr/local/go/bin
  GOOS=linux
  GOARCH=$(docker version --format '{{.Server.Arch}}') || exit
  export GOOS GOARCH
  if command -v go >/dev/null 2>&1 && "$root/infra/toxiproxy/build.sh" "$scratch/bin"; then
    build_image toxiproxy "$scratch/bin" --file "$images/toxiproxy/Dockerfile"
  else
    mkdir -p "$scratch/source" && cp "$root"/infra/toxiproxy/* "$scratch/source/" &&
      copy_certificates "$scratch/certificates.crt" &&
      build_image toxiproxy "$scratch" --file "$images/toxiproxy/from-source.Dockerfile" \
        --build-arg GOPROXY="${GOPROXY-}"
  fi
)

# The machine's certificates go along: behind a proxy of its own, others would not do.
copy_certificates() {
  for certificates in "${SSL_CERT_FILE-}" /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem; do
    if [ -f "$certificates" ]; then
      cp "$certificates" "$1"
      return
    fi
  done
  echo 'no certificates were found on this machine'
  return 1
}

main "$@"
