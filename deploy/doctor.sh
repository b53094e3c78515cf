#!/bin/sh
# Runs `hearthkey doctor` with the settings, the credentials and the sandbox of the installed unit.
set -eu
unit=hearthkey-doctor.service
file=/run/systemd/system/$unit

tidy() {
    rm -f "$file"
    systemctl reset-failed "$unit" 2>/dev/null || true
    systemctl daemon-reload
}
trap tidy EXIT

mkdir -p "${file%/*}"
systemctl cat hearthkey.service |
    sed 's/^\(ExecStart=.*\) run$/\1 doctor/; s/^Type=.*/Type=oneshot/; s/^Restart=.*/Restart=no/' \
        >"$file"
systemctl daemon-reload
since=$(date +%s)
status=0
# What it says of a failure is in the journal too, together with the reason.
systemctl start "$unit" 2>/dev/null || status=$?
journalctl --sync
journalctl --unit "$unit" --since "@$since" --quiet --output cat
exit "$status"
