#!/bin/sh
# Everything that needs no server, side by side; prints what failed and fails if anything did.
set -u
bin=${PITBOSS_BIN:-.venv/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

begin() { # begin NAME COMMAND...
  name=$1; shift
  ("$@" >"$work/$name.out" 2>&1 </dev/null; echo $? >"$work/$name.status") &
}

begin format "$bin/ruff" format --check .
begin lint "$bin/ruff" check .
begin types "$bin/mypy" .
begin imports "$bin/lint-imports"
begin contracts "$bin/python" -m deploy.cli contracts --check
begin tests "$bin/python" -m pytest tests/house tests/unit -q -n 2
wait

failed=0
for name in format lint types imports contracts tests; do
  if [ "$(cat "$work/$name.status")" = 0 ]; then
    printf '%-10s ok    %s\n' "$name" "$(tail -n 1 "$work/$name.out")"
  else
    failed=1
    printf '%-10s FAILED\n' "$name"
    cat "$work/$name.out"
  fi
done
exit $failed
