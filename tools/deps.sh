#!/usr/bin/env bash
# Install through apt-get what a make target needs and this machine lacks.
#
#   tools/deps.sh build|lib|demo|test|browser|matrix|pgtap|bench|lint...
#
# Uses sudo unless run as root. Does not upgrade an installed server, because that
# would restart its clusters. Does not install packages that would start a service:
# their programs are unpacked into the directory that tools/unpacked.sh prints.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C                           # the output of apt-cache is parsed below

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
unpacked=$(tools/unpacked.sh)
has_program() { has "$1" || [ -x "$unpacked/$1" ]; }
has_include() { has cc && echo "#include <$1>" | cc -E - >/dev/null 2>&1; }

# One line per dependency: the groups that need it | a test for it | its package.
# In a package's name, % stands for the server's major version. A package with ? is
# optional: it is installed if apt-get has it, and a test is skipped without it. So is
# a program that is only unpacked: package:program.
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
	test|has_extension pg_cron|postgresql-%-cron?
	test|/usr/bin/python3 -c 'import yaml' 2>/dev/null|python3-yaml?
	test|has_program prometheus|prometheus:prometheus
	test|has_program promtool|promtool:promtool
	test|has_program promtool|prometheus:promtool
	test|has_program prometheus-sql-exporter|prometheus-sql-exporter:prometheus-sql-exporter
	test|has_program prometheus-postgres-exporter|prometheus-postgres-exporter:prometheus-postgres-exporter
	bench|has_extension plpython3u|postgresql-plpython3-%
	bench|has_extension dblink|postgresql-%
	bench|has_extension tdigest|postgresql-%-tdigest
	browser|has chromium|chromium
	browser|has node|nodejs
	browser|has npm|npm
	lint|has pg_bsd_indent|pg-bsd-indent
	E
}

required() { missing "$@" | sed '/?$/d; /:/d'; }
optional() {
    local p
    [[ $pg_config == /usr/lib/postgresql/* ]] || return 0
    for p in $(missing "$@" | sed -n 's/?$//p'); do
        if apt-cache show "${p//%/$major}" >/dev/null 2>&1; then echo "$p"; fi
    done
}
programs() {
    local p
    for p in $(missing "$@" | sed -n '/:/p'); do
        if apt-cache show "${p%:*}" >/dev/null 2>&1; then echo "$p"; fi
    done
}

sudo=
apt_options=(-q -y -o DPkg::Lock::Timeout=300)
run_apt() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get "${apt_options[@]}" "$@" >"$temp/log" 2>&1 || {
        cat "$temp/log" >&2
        return 1
    }
}

# Keep an installed server at its version, and install packages that depend on
# exactly that version in the same version.
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

# Debian creates and starts a cluster when it installs its first server package.
# We use temporary clusters only, so prevent that during the installation.
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

wanted=$(required "$@")
[ -n "$wanted$(optional "$@")$(programs "$@")" ] || exit 0
[[ -x $pg_config || -z $pg_config || -n $major || $wanted != *%* ]] || die "$pg_config does not exist"
has apt-get || die "missing, and apt-get is not available:" ${wanted//%/${major:-NN}}
if [ "$(id -u)" != 0 ]; then
    has sudo || [ -n "$wanted" ] || exit 0
    has sudo || die "run this as root, or install sudo: apt-get install" ${wanted//%/${major:-NN}}
    sudo=sudo
fi

temp=$(mktemp -d)
chmod 755 "$temp"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
run_apt update || [ -z "$wanted" ] || die "apt-get update failed"
if [ -z "$major" ]; then
    major=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p')
    [ -n "$major" ] || die "this release does not have a package postgresql"
fi
keep_server
has_server || forbid_main_cluster
if [ -n "$wanted" ]; then
    wanted=${wanted//%/$major}
    echo "deps: installing with apt-get:" $wanted
    run_apt install --no-install-recommends $wanted || die "apt-get could not install these packages"
    pg_config=$(tools/pg_config.sh)
fi
more=$(optional "$@")
if [ -n "$more" ]; then
    more=${more//%/$major}
    echo "deps: installing with apt-get:" $more
    run_apt install --no-install-recommends $more || echo "deps: not installed, tests will be skipped:" $more
fi

# Unpack the program of package:program, and nothing else of the package. Does not need root.
unpack() {
    local package=${1%:*} program=${1#*:}
    if [ ! -d "$temp/$package" ]; then
        mkdir "$temp/$package" && (cd "$temp/$package" && apt-get -q download "$package") &&
            dpkg -x "$temp/$package"/*.deb "$temp/$package" || return 1
    fi
    mkdir -p "$unpacked" && cp "$temp/$package/usr/bin/$program" "$unpacked/$program.new" &&
        mv "$unpacked/$program.new" "$unpacked/$program"
}
for p in $(programs "$@"); do
    ! has_program "${p#*:}" || continue   # two packages may have it
    echo "deps: unpacking into $unpacked: ${p#*:}"
    unpack "$p" >"$temp/log" 2>&1 || {
        cat "$temp/log" >&2
        echo "deps: not unpacked, tests will be skipped: ${p#*:}"
    }
done

still=$(required "$@")
[ -z "$still" ] || die "installed, but still not found:" ${still//%/$major}
