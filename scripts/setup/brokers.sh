# shellcheck shell=sh
# The local runtime's programs: RabbitMQ and Redis from the system's packages, Toxiproxy from the
# Go module proxy. To be sourced after common.sh.

toxiproxy_version=2.12.0
toxiproxy_home=$lab_cache/toxiproxy-$toxiproxy_version
# Says which Go could not build it, so that not every call tries again; `setup` does.
toxiproxy_failed=$lab_cache/toxiproxy-$toxiproxy_version.failed

# What an installation that was cut off has half unpacked counts as missing: its policy is still there.
missing_brokers() {
  if grep -qs 'reliability-lab' /usr/sbin/policy-rc.d; then
    printf 'rabbitmq-server redis-server'
    return
  fi
  has rabbitmq-server || printf 'rabbitmq-server '
  has redis-server || printf 'redis-server '
}

# Without Go there is nothing to install: the embedded stand-in carries the faults.
toxiproxy_in_place() {
  [ -x "$toxiproxy_home/toxiproxy-server" ] || has toxiproxy-server || ! has_go
}

has_go() { command -v go >/dev/null 2>&1 || [ -x /usr/local/go/bin/go ]; }

# A failed build is not tried again by every call, only by `setup` or with another Go.
toxiproxy_gave_up() {
  [ -f "$toxiproxy_failed" ] && [ "$(cat "$toxiproxy_failed")" = "$(go_version)" ]
}

go_version() { with_go_on_path go version 2>/dev/null || echo none; }

with_go_on_path() { PATH=$PATH:/usr/local/go/bin "$@"; }

install_brokers() {
  case $(platform) in
    debian)
      # shellcheck disable=SC2086 # a list of package names
      step "$again" "system packages $1" as_root sh "$root/scripts/setup/system-packages.sh" $1
      ;;
    macos)
      # Homebrew starts no service unless told to. Its names differ from Debian's.
      for formula in $1; do
        step "$again" "brew formula ${formula%-server}" brew install --quiet "${formula%-server}"
      done
      ;;
  esac
  [ -z "$(missing_brokers)" ] || fail "installed, and yet not found: $(missing_brokers)" \
    "next: look at $setup_log"
}

# Can the missing packages be installed by this user? If not, says the command that does it.
require_installer() {
  case $(platform) in
    debian)
      can_become_root && return
      fail "installing $1 needs root, and neither root nor a usable sudo is at hand" \
        "next: su -c 'sh $(quoted "$root/scripts/setup/system-packages.sh") $1'" \
        "  (or with sudo: sudo sh $(quoted "$root/scripts/setup/system-packages.sh") $1)" \
        "then: $again" \
        'without root the lab also runs on a container engine, or on brokers named with --attach'
      ;;
    macos)
      has brew || fail "installing $1 on macOS needs Homebrew, which was not found" \
        'next: install it from brew.sh, or: use a container engine, or name brokers with --attach'
      ;;
    *)
      fail "do not know how to install $1 on $(uname -s) without apt-get or brew" \
        'next: install RabbitMQ (3.10 or newer) and Redis (7.0 or newer) so that rabbitmq-server and' \
        'redis-server are on the PATH, or use a container engine, or name brokers with --attach'
      ;;
  esac
}

# Toxiproxy is worth having and not required: what fails here is told and does not stop the lab.
install_toxiproxy() {
  toxiproxy_go=$(go_version)
  mkdir -p "$lab_cache"
  # In a subshell, because step exits when the build fails.
  if (with_go_on_path step 'see the log; meanwhile the embedded stand-in carries the link faults' \
    "toxiproxy $toxiproxy_version, built with $toxiproxy_go" \
    "$root/infra/toxiproxy/build.sh" "$toxiproxy_home"); then
    rm -f "$toxiproxy_failed"
  else
    printf '%s' "$toxiproxy_go" >"$toxiproxy_failed"
    say 'toxiproxy could not be built; to try again: ./scripts/lab setup'
  fi
}
