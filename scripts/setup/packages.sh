# shellcheck shell=sh
# The npm side: pnpm, and with it every package of the lockfile, Node 24 among them.
# To be sourced after common.sh.

pnpm_version=12.21.0
# Where pnpm goes when the user may not write to npm's global folder.
pnpm_private=$lab_cache/pnpm-$pnpm_version
# Present while an installation runs, so that one that was cut off is noticed and repaired.
packages_unfinished=$root/.lab/installing-packages

use_private_pnpm() {
  if [ -x "$pnpm_private/bin/pnpm" ]; then
    PATH=$pnpm_private/bin:$PATH
    export PATH
  fi
}

pnpm_in_place() { command -v pnpm >/dev/null 2>&1; }

# Stricter than pnpm_in_place, and slower: asked only before an installation.
pnpm_usable() {
  case $(cd "$root" && pnpm --version 2>/dev/null) in
    "${pnpm_version%%.*}".*) return 0 ;;
    *) return 1 ;;
  esac
}

# pnpm keeps a copy of the lockfile it installed from.
packages_in_place() {
  [ ! -e "$packages_unfinished" ] &&
    [ -f "$root/node_modules/.modules.yaml" ] &&
    [ -x "$root/node_modules/.bin/fm" ] &&
    [ -x "$root/node_modules/node/bin/node" ] &&
    cmp -s "$root/pnpm-lock.yaml" "$root/node_modules/.pnpm/lock.yaml"
}

# pnpm's installer needs a Node; the lab's own programs run on the Node 24 it then installs.
require_node() {
  case $(platform) in
    macos) node_hint='brew install node' ;;
    debian) node_hint='apt-get install -y nodejs npm   (as root)' ;;
    *) node_hint='install nodejs and npm with the package manager of this system' ;;
  esac
  command -v node >/dev/null 2>&1 ||
    fail 'no Node.js was found; version 18 or newer is needed to begin' "next: $node_hint"
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' ||
    fail "Node.js $(node -v) is too old; version 18 or newer is needed to begin" \
      'next: install a newer one from your system or from nodejs.org'
  pnpm_in_place || command -v npm >/dev/null 2>&1 ||
    fail 'no npm was found; it is needed to install pnpm' "next: $node_hint"
}

install_pnpm() {
  pnpm_prefix=$(npm prefix -g 2>/dev/null)
  pnpm_found=$(command -v pnpm || true)
  # A pnpm of another version is somebody's own: leave it and put ours beside it.
  if [ -n "$pnpm_found" ] || ! writable_prefix "$pnpm_prefix"; then
    pnpm_prefix=$pnpm_private
    mkdir -p "$pnpm_prefix"
  fi
  # npm 11 and newer ask which packages may run their install script; older ones ignore the flag.
  step "$again" "pnpm $pnpm_version into $pnpm_prefix" \
    npm install --global --prefix "$pnpm_prefix" --allow-scripts=pnpm "pnpm@$pnpm_version"
  use_private_pnpm
  hash -r
  pnpm_usable || fail "pnpm was installed into $pnpm_prefix but does not run from there" \
    "next: npm install --global pnpm@$pnpm_version, then see that 'pnpm --version' answers"
}

writable_prefix() {
  if [ -d "$1/lib/node_modules" ]; then
    [ -w "$1/lib/node_modules" ] && [ -w "$1/bin" ]
  else
    [ -w "$1" ]
  fi
}

install_packages() {
  mkdir -p "$root/.lab"
  : >"$packages_unfinished"
  step "$again" 'npm packages of pnpm-lock.yaml' pnpm_install
  rm -f "$packages_unfinished"
}

pnpm_install() { (cd "$root" && pnpm install --frozen-lockfile); }

# Says how to get plain `pnpm` when it lies in the private folder.
explain_path() {
  case $(command -v pnpm) in
    "$pnpm_private"/*)
      # shellcheck disable=SC2016 # the line is for the reader's shell
      say 'to use plain `pnpm fm 001` and `pnpm test` in this shell:' \
        "export PATH=$(quoted "$pnpm_private/bin")"':"$PATH"'
      ;;
  esac
}
