#!/usr/bin/env bash
# Install what a make target needs and this machine lacks, through apt-get.
#
#   tools/deps.sh build|lib|demo|test|matrix|pgtap|bench|lint...
#
# Asks nothing as root; anybody else goes through sudo. An installed server is
# not upgraded, for that would restart its clusters.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C                           # what apt-cache says is read below

die() { echo "deps: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null; }

pg_config=$(tools/pg_config.sh)
if [ -x "$pg_config" ]; then
    major=$("$pg_config" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
else
    major=$(sed -n 's:^/usr/lib/postgresql/\([0-9]*\)/bin/pg_config$:\1:p' <<<"$pg_config")
fi

has_server() { [ -x "$pg_config" ] && [ -x "$("$pg_config" --bindir)/postgres" ]; }
has_headers() { [ -x "$pg_config" ] && [ -f "$("$pg_config" --includedir-server)/postgres.h" ]; }
has_extension() { [ -x "$pg_config" ] && [ -f "$("$pg_config" --sharedir)/extension/$1.control" ]; }
has_include() { has cc && echo "#include <$1>" | cc -E - >/dev/null 2>&1; }

# One line a thing: the groups that need it | is it here? | its package.
# A package with % is the server's: % is its major version.
missing() {
    while IFS='|' read -r groups probe package; do
        for g in "$@"; do
            if [[ " $groups " == *" $g "* ]] && ! eval "$probe"; then
                echo "$package"
                break
            fi
        done
    done <<-'E'
	build lib demo test bench|has cc|gcc
	build lib demo test bench|has_include stdio.h|libc6-dev
	demo test bench|has_server|postgresql-%
	build demo test bench|has_headers|postgresql-server-dev-%
	test pgtap|has_extension pgtap|postgresql-%-pgtap
	test pgtap|has pg_prove|libtap-parser-sourcehandler-pgtap-perl
	test|has_include mpfr.h|libmpfr-dev
	test matrix|perl -MIPC::Run -e1 2>/dev/null|libipc-run-perl
	test|has python3|python3
	test|has pgrep|procps
	bench|has_extension plpython3u|postgresql-plpython3-%
	bench|has_extension dblink|postgresql-%
	bench|has_extension tdigest|postgresql-%-tdigest
	lint|has pg_bsd_indent|pg-bsd-indent
	E
}

sudo=
apt_options=(-q -y -o DPkg::Lock::Timeout=300)
run_apt() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get "${apt_options[@]}" "$@" >"$temp/log" 2>&1 || {
        cat "$temp/log" >&2
        return 1
    }
}

# An installed server stays in the version it has, and what depends on just that
# version is taken in it too.
keep_server() {
    local have
    have=$(dpkg-query -W -f '${Version}' "postgresql-$major" 2>/dev/null) || return 0
    [ -n "$have" ] || return 0
    { cat /etc/apt/preferences 2>/dev/null || true
      printf '\nPackage: postgresql-%s postgresql-*-%s\nPin: version %s\nPin-Priority: 1001\n' \
          "$major" "$major" "$have"
    } >"$temp/preferences"
    apt_options+=(-o "Dir::Etc::Preferences=$temp/preferences")
}

# Debian makes and starts a cluster with its first server package; ours are
# throw-away, so it is told not to, for as long as that package is installed.
no_cluster=/etc/postgresql-common/createcluster.d/williams.conf
no_cluster_dirs=
forbid_main_cluster() {
    no_cluster_dirs=$($sudo mkdir -pv "${no_cluster%/*}" | sed -n "s/.* '\(.*\)'$/\1/p" | tac)
    echo 'create_main_cluster = false' | $sudo tee "$no_cluster" >/dev/null
}
cleanup() {
    rm -rf "$temp"
    if [ -e "$no_cluster" ]; then
        $sudo rm -f "$no_cluster"
        for d in $no_cluster_dirs; do $sudo rmdir --ignore-fail-on-non-empty "$d"; done
    fi
}

wanted=$(missing "$@")
[ -n "$wanted" ] || exit 0
[[ -x $pg_config || -z $pg_config || -n $major || $wanted != *%* ]] || die "there is no $pg_config"
has apt-get || die "needed and not here:" ${wanted//%/${major:-NN}}
if [ "$(id -u)" != 0 ]; then
    has sudo || die "run as root, or with sudo there: apt-get install" ${wanted//%/${major:-NN}}
    sudo=sudo
fi

temp=$(mktemp -d)
chmod 755 "$temp"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
run_apt update || die "apt-get update failed"
if [ -z "$major" ]; then
    major=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p')
    [ -n "$major" ] || die "this release has no package postgresql"
fi
wanted=${wanted//%/$major}
echo "deps: installing through apt-get:" $wanted
keep_server
has_server || forbid_main_cluster
run_apt install --no-install-recommends $wanted || die "apt-get could not install these"

pg_config=$(tools/pg_config.sh)
still=$(missing "$@")
[ -z "$still" ] || die "installed, and yet not found:" ${still//%/$major}
