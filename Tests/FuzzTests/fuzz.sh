#!/bin/bash
# Feeds a target with inputs that libFuzzer makes, guided by coverage.
#
#   Tests/FuzzTests/fuzz.sh TARGET [SECONDS]      a TARGET is a case of FuzzTarget; "all" runs each
#
# FUZZ_SEED=1 makes the same inputs each time, so that a run that is repeated does not find something else.
# The build is apart from the usual one, in .build/fuzz. It takes some minutes the first time. An input
# that finds a fault is left in .build/fuzz/found/TARGET-…: put it into Tests/FuzzTests/Corpus/TARGET,
# where the tests run it from then on.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests=Tests/FuzzTests
names=$(sed -n 's/^    case \([a-z]*\)$/\1/p' $tests/FuzzTarget.swift)
target=${1:-}
seconds=${2:-60}
grep -qx "$target" <<<"$names"$'\nall' || {
    echo "fuzz.sh: \"$target\" is no target; the targets are all," $names >&2
    exit 2
}

out=.build/fuzz
flags=(-Xswiftc -sanitize=fuzzer)
for module in Monitor EngineLives; do
    TOKENWATCHD_LIBRARIES_ONLY=1 swift build --scratch-path $out --target $module "${flags[@]}"
done
libraries=$out/debug
modules=()
for map in Sources/C*/module.modulemap; do modules+=(-Xcc "-fmodule-map-file=$PWD/$map"); done
# The name by which SwiftPM lets its targets see each other's package declarations.
package=$(basename "$PWD" | tr 'A-Z' 'a-z')
objects=$(find $libraries/*.build -name '*.o' -not -path '*Tests.build/*' -not -path '*FaultyFiles*')
swiftc -sanitize=fuzzer -parse-as-library -swift-version 6 -package-name "$package" \
    -enable-upcoming-feature MemberImportVisibility -module-name Fuzz \
    -I $libraries/Modules "${modules[@]}" \
    $tests/FuzzTarget.swift $tests/FuzzEntry.swift $objects \
    -lsqlite3 -lcurl -lcrypto -o $out/tokenwatch-fuzz

mkdir -p $out/found
# Swift's own report of a crash would keep libFuzzer from saving the input.
export SWIFT_BACKTRACE=enable=no
status=0
for name in $([ "$target" = all ] && echo $names || echo "$target"); do
    mkdir -p $out/corpus/$name
    [ $name != answer ] || python3 $tests/seeds.py $out/corpus/$name
    # A long life of an engine takes long, and shows nothing that a short one does not.
    longest=$([ $name = engine ] && echo 512 || echo 4096)
    echo "== $name, $seconds s"
    # What earlier runs found interesting is kept in the first folder; the tree's is only read.
    FUZZ_TARGET=$name $out/tokenwatch-fuzz -max_total_time="$seconds" -timeout=10 -max_len=$longest \
        ${FUZZ_SEED:+-seed="$FUZZ_SEED"} -rss_limit_mb=2048 -artifact_prefix=$out/found/"$name"- -print_final_stats=1 \
        $out/corpus/$name $tests/Corpus/$name || status=1
done
exit $status
