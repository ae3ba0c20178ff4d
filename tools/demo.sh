#!/bin/sh
# Generate every example workbook, damage one formula in a copy of one, validate both and show the two reports.
# Usage: tools/demo.sh BIN, where BIN/sheetnet and BIN/python are the installed ones.
set -eu

bin=$1
out=build/demo
rm -rf "$out"
mkdir -p "$out"

heading() { printf '\n== %s\n' "$1"; }

heading "The example workbooks"
for template in templates/*.toml; do
    "$bin/sheetnet" generate "$(basename "$template" .toml)" -o "$out" --format both
done

heading "As generated"
"$bin/sheetnet" validate "$out/d02b.xlsx" "$out/d02b.ods"

# The classic slip: the step goes up the slope, plus where minus belongs.
damaged=$out/d02b-damaged.xlsx
"$bin/python" -m tools.damage "$out/d02b.xlsx" W_2_new '=INDEX(W_2,1,1)+gamma*INDEX(dC_dW_2,1,1)' "$damaged"

heading "After one formula was changed"
code=0
"$bin/sheetnet" validate "$damaged" || code=$?
if [ "$code" -ne 1 ]; then
    echo "the damaged copy should have exit code 1, not $code" >&2
    exit 1
fi
printf '\nOpen the workbooks in %s with LibreOffice or Excel, change something, and validate again:\n' "$out"
printf '    %s/sheetnet validate %s/d02b.xlsx\n' "$bin" "$out"
