#!/usr/bin/env bash
# Sourced by the other scripts: where programs are found, those of the machine first. Needs to stand at the root.
mkdir -p var
here=$PWD
for bin in /usr/lib/postgresql/*/bin "$here"/var/peers/postgresql/usr/lib/postgresql/*/bin "$here/var/peers/bin" "$here/var/cargo/bin"; do
    [[ -d $bin ]] && PATH=$PATH:$bin
done
# The environment's own Python goes first: the tests' peers live in it.
PATH=$here/var/venv/bin:$PATH:/usr/sbin
export PATH

# An unpacked Postfix needs to be told where its own libraries are.
if [[ -x $here/var/peers/postfix/usr/sbin/smtp-sink && ! -x $here/var/peers/bin/smtp-sink ]]; then
    mkdir -p "$here/var/peers/bin"
    for program in smtp-sink smtp-source; do
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
            "$here/var/peers/postfix/usr/lib/postfix" "$here/var/peers/postfix/usr/sbin/$program" >"$here/var/peers/bin/$program"
        chmod +x "$here/var/peers/bin/$program"
    done
    PATH=$PATH:$here/var/peers/bin
fi
