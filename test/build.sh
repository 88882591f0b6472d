#!/usr/bin/env bash
# Test that a build outside the source tree, in either way that PGXS supports, installs
# the same files as a build in it (with bitcode if clang is installed), and that clean
# and uninstall leave nothing behind. Run by test/run.sh; does not need a server.
set -euo pipefail
cd "$(dirname "$0")/.."

die() { echo "build: $*" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pgxs=$("$PG_CONFIG" --pgxs)
clang=$(sed -n 's/^CLANG *= *//p' "${pgxs%/makefiles/pgxs.mk}/Makefile.global")
options=(-s -j"$(nproc)" PG_CONFIG="$PG_CONFIG" COPT=-O0)
command -v "${clang:-clang}" >/dev/null || options+=(with_llvm=no)

mkdir "$work/src"
tar --exclude=./results -cf - . | tar -C "$work/src" -xf -
cd "$work/src"
make "${options[@]}" clean
# stands for the update script of a later release
echo 'SELECT 1;' >sql/updates/williams--0.0.1--0.0.2.sql
sources() { find "$work/src" -path "$work/src/elsewhere" -prune -o -print | sort; }
before=$(sources)

# build with the given arguments of make, install below $1, and clean
build() {
    local to=$work/$1
    shift
    make "${options[@]}" "$@" all
    make "${options[@]}" "$@" install DESTDIR="$to"
    (cd "$to" && find . -type f | sort) >"$to.files"
    (cd "$to" && find . -type f ! -name '*.so' ! -name '*.bc' -exec md5sum {} + | sort) >"$to.sums"
    make "${options[@]}" "$@" clean
    [ "$(sources)" = "$before" ] || die "$to: clean leaves or removes files: $(diff <(echo "$before") <(sources))"
}

build here
for script in "--$(sed -n "s/^default_version = '\(.*\)'/\1/p" williams.control)" --0.0.1--0.0.2; do
    grep -q "/extension/williams$script.sql$" "$work/here.files" || die "williams$script.sql is not installed"
done
mkdir elsewhere
cd elsewhere
build makefile -f ../Makefile
build vpath -f "$work/src/Makefile" VPATH="$work/src" with_llvm=no
[ -z "$(find . -type f -o -type l)" ] || die "clean leaves $(find . -type f -o -type l)"
diff "$work/here.files" "$work/makefile.files" || die "makefile: different files installed"
diff <(grep -v '\.bc$' "$work/here.files") "$work/vpath.files" || die "vpath: different files installed"
for to in makefile vpath; do
    diff "$work/here.sums" "$work/$to.sums" || die "$to: files with different contents installed"
    make "${options[@]}" -f ../Makefile uninstall DESTDIR="$work/$to"
    [ -z "$(find "$work/$to" -type f)" ] || die "$to: uninstall leaves $(find "$work/$to" -type f)"
done

# such a build must refuse to use objects of the source tree
touch ../src/bound/bound.o
! make "${options[@]}" -f ../Makefile all 2>"$work/error" || die "a build succeeded although the source tree contains objects"
grep -q 'run "make clean" there first' "$work/error" || die "$(cat "$work/error")"
echo "build: inside and outside the source tree, $(wc -l <"$work/here.files") files, nothing left behind"
