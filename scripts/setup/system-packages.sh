#!/bin/sh
# Installs Debian packages without waking the services they bring. Runs as root.
# Usage: system-packages.sh PACKAGE...
#
# A package like redis-server starts a system service and enables it at boot. The lab runs its own
# private brokers, so a machine must have no more services afterwards than before: a policy-rc.d
# answers 101 ("do not start") while apt works, and what is new is disabled. Services that were
# there before are left as they were.
set -eu

[ "$#" -gt 0 ] || { echo 'usage: system-packages.sh PACKAGE...' >&2; exit 64; }
[ "$(id -u)" -eq 0 ] || { echo 'system-packages.sh must run as root' >&2; exit 77; }
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d
policy_aside=/usr/sbin/policy-rc.d.before-reliability-lab
policy_mark='# reliability-lab: only while its packages are installed; remove it if it was left behind'
units='rabbitmq-server.service redis-server.service epmd.service epmd.socket docker.service docker.socket containerd.service'

main() {
  # One installation at a time, so that nobody takes away another's policy-rc.d.
  exec 9>/run/reliability-lab-packages.lock
  flock -w 600 9

  trap end_policy EXIT
  trap 'exit 130' HUP INT TERM
  begin_policy
  present=$(sed -n 's/^# units before: //p' "$policy")

  # An installation that was cut off leaves dpkg refusing all work until this is run.
  [ -z "$(dpkg --audit)" ] || dpkg --force-confold --configure -a 9>&-
  apt-get update 9>&- || echo 'apt-get update failed; trying with the package lists at hand'
  apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confold "$@" 9>&-

  disable_new_units
}

# The policy file carries the list of units that were there before. A run that was killed leaves the
# file behind, and the next one takes it over with its list: what the first brought is still new.
begin_policy() {
  if policy_is_ours; then return; fi
  # The administrator's own policy may let services start: it steps aside until the end.
  if [ -e "$policy" ]; then mv -f "$policy" "$policy_aside"; fi
  printf '#!/bin/sh\n%s\n# units before: %s\nexit 101\n' "$policy_mark" "$(units_present)" >"$policy.new"
  chmod 755 "$policy.new"
  mv "$policy.new" "$policy"
}

end_policy() {
  rm -f "$policy"
  if [ -e "$policy_aside" ]; then mv "$policy_aside" "$policy"; fi
}

policy_is_ours() { [ -e "$policy" ] && grep -qF "$policy_mark" "$policy"; }

units_present() {
  for unit in $units; do
    for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
      if [ -e "$folder/$unit" ]; then
        printf '%s ' "$unit"
        break
      fi
    done
  done
}

disable_new_units() {
  for unit in $(units_present); do
    case " $present " in *" $unit "*) continue ;; esac
    if [ -d /run/systemd/system ]; then
      systemctl disable --now "$unit"
    else
      name=${unit%.*}
      if [ -x "/etc/init.d/$name" ]; then update-rc.d "$name" disable || true; fi
      if command -v systemctl >/dev/null 2>&1; then
        systemctl disable "$unit" || true
      else
        rm -f /etc/systemd/system/*.wants/"$unit"
      fi
    fi
  done
}

main "$@"
