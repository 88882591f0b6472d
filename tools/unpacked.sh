#!/usr/bin/env bash
# Print the directory of the programs that tools/deps.sh unpacks from Debian's packages
# without installing these.
echo "${XDG_CACHE_HOME:-$(echo ~)/.cache}/williams/bin"
