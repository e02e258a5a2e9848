# Installs Debian packages without starting the services that some of them bring. Run as root, with
# the packages as arguments.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Debian asks this program whether a service may be started. The machine's own one is left alone.
# Ours says no for as long as this shell lives, so that nothing is changed if it is killed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] || grep -q 'Made by memgrid' "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\n# Made by memgrid setup; may be removed.\nkill -0 %s 2>/dev/null && exit 101\nexit 0\n' $$ >"$policy"
    chmod 755 "$policy"
fi

get() {
    apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# The lists of packages are missing or old on many machines, but fetching them takes a while.
get install "$@" >/dev/null 2>&1 || {
    get update >&2
    get install "$@" >&2
}
