# shellcheck shell=sh
# The containers runtime: an engine, docker compose v2 and the brokers' images, each only where this
# machine lacks it. To be sourced after common.sh.

bring_containers() {
  announce_containers
  bring_engine
  bring_images
  bring_compose
}

announce_containers() {
  say 'for the containers runtime, each only where it is missing:'
  say '  container engine      docker.io; started now, not enabled at boot'
  say '  images                official ones where they can be pulled, else built here (about two minutes)'
  say '  docker compose v2     for docker-compose.yml'
}

bring_engine() {
  if ! "$root/scripts/engine" status >/dev/null 2>&1 && [ "$(platform)" = debian ]; then
    lacking=
    has dockerd || lacking='docker.io'
    # In newer releases the client is a package of its own.
    if ! has docker && has_candidate docker-cli; then lacking="$lacking docker-cli"; fi
    [ -z "$lacking" ] || install_system "${lacking# }"
  fi
  "$root/scripts/engine" start
  "$root/scripts/engine" status >/dev/null 2>&1 || fail \
    "an engine runs, but user $(id -un) may not talk to it: $(docker version 2>&1 >/dev/null | tail -n 1)" \
    "next, as root: usermod -aG docker $(id -un)    then log in anew and: $again"
}

install_system() {
  require_installer "$1"
  # shellcheck disable=SC2086 # a list of package names
  step "$again" "system packages $1" as_root sh "$root/scripts/setup/system-packages.sh" $1
}

# An image that the environment names is its owner's affair. The others: at hand, or pulled, or built.
bring_images() {
  mkdir -p "$lab_cache/logs"
  build_list=
  for name in rabbitmq redis toxiproxy; do
    variable=LAB_IMAGE_$(echo "$name" | tr '[:lower:]' '[:upper:]')
    eval "named=\${$variable-}"
    image=$(sed -n "s/^$variable=//p" "$root/infra/images/pins.env")
    case $named in '' | "reliability-lab/$name:local") ;; *) image=$named ;; esac
    if [ "${LAB_IMAGES-}" != build ]; then
      docker image inspect "$image" >/dev/null 2>&1 && continue
      say "pulling $image ..."
      docker pull --quiet "$image" >>"$setup_log" 2>&1 && continue
      say "pulling $image: not possible here; building reliability-lab/$name:local instead"
    fi
    build_list="$build_list $name"
  done
  [ -n "$build_list" ] || return 0
  build_images "$build_list"
  say 'the lab takes these where the official images are not at hand; for docker compose say:'
  for name in $build_list; do
    variable=LAB_IMAGE_$(echo "$name" | tr '[:lower:]' '[:upper:]')
    say "  export $variable=reliability-lab/$name:local"
  done
}

# LAB_IMAGES=build: build the images even where official ones could be had, and all anew.
build_images() {
  [ "$(platform)" = debian ] || fail "images can be built on Debian and Ubuntu only: $1" \
    'next: make the official images available to the engine'
  missing=
  has debootstrap || missing='debootstrap'
  [ -f /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
  [ -z "$missing" ] || install_system "${missing# }"
  can_become_root || fail 'building images needs root' "next, as root: $again"
  fresh=
  # The base image is fresh by the time compose is built on it.
  if [ "${LAB_IMAGES-}" = build ] && [ "$1" != compose ]; then fresh=--fresh; fi
  # shellcheck disable=SC2086 # a list of names
  "$root/infra/images/build.sh" $fresh $1
}

bring_compose() {
  docker compose version >/dev/null 2>&1 && return
  if [ "$(platform)" = macos ]; then
    fail 'docker compose is missing' 'next: brew install docker-compose'
  fi
  for package in docker-compose-v2 docker-compose-plugin docker-compose; do
    case $(candidate "$package") in
      '' | '(none)' | 0.* | 1.*) ;;
      *)
        install_system "$package"
        docker compose version >/dev/null 2>&1 && return
        ;;
    esac
  done
  build_images compose
  plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
  step "$again" "docker compose into $plugins" copy_compose "$plugins"
  docker compose version >/dev/null 2>&1 ||
    fail 'docker compose was installed and does not run' "next: $plugins/docker-compose version"
}

copy_compose() (
  mkdir -p "$1" && container=$(docker create reliability-lab/compose:local true) || exit
  trap 'docker rm --volumes "$container"' EXIT
  docker cp "$container:/usr/libexec/docker/cli-plugins/docker-compose" "$1/docker-compose.new" &&
    mv "$1/docker-compose.new" "$1/docker-compose"
)

has_candidate() { case $(candidate "$1") in '' | '(none)') return 1 ;; esac; }

# The version apt would install, without the epoch.
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}//p'; }
