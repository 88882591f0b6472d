#!/usr/bin/env bash
# A build elsewhere, in either way that PGXS has, installs what a build in the source
# tree does, with bitcode where there is clang; clean and uninstall leave nothing.
# Run by test/run.sh; needs no server.
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
# stands for a release that was upgraded since
echo 'SELECT 1;' >sql/updates/williams--0.0.1--0.0.2.sql
sources() { find "$work/src" -path "$work/src/elsewhere" -prune -o -print | sort; }
before=$(sources)

# build with these arguments of make, install below $1, and clean
build() {
    local to=$work/$1
    shift
    make "${options[@]}" "$@" all
    make "${options[@]}" "$@" install DESTDIR="$to"
    (cd "$to" && find . -type f | sort) >"$to.files"
    (cd "$to" && find . -type f ! -name '*.so' ! -name '*.bc' -exec md5sum {} + | sort) >"$to.sums"
    make "${options[@]}" "$@" clean
    [ "$(sources)" = "$before" ] || die "$to: clean leaves or removes: $(diff <(echo "$before") <(sources))"
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
diff "$work/here.files" "$work/makefile.files" || die "makefile: installs other files"
diff <(grep -v '\.bc$' "$work/here.files") "$work/vpath.files" || die "vpath: installs other files"
for to in makefile vpath; do
    diff "$work/here.sums" "$work/$to.sums" || die "$to: installs other contents"
    make "${options[@]}" -f ../Makefile uninstall DESTDIR="$work/$to"
    [ -z "$(find "$work/$to" -type f)" ] || die "$to: uninstall leaves $(find "$work/$to" -type f)"
done

# where the objects of the source tree would be taken for its own
touch ../src/bound/bound.o
! make "${options[@]}" -f ../Makefile all 2>"$work/error" || die "built over a source tree that has been built in"
grep -q 'run "make clean" there first' "$work/error" || die "$(cat "$work/error")"
echo "build: here and elsewhere, $(wc -l <"$work/here.files") files, nothing left"
