#!/usr/bin/env bash
# Link checks of the whole program on the real lab, over real sockets: so many
# runs of each case, counted by verdict. One after the other, for a second check
# on the same machine would be noise to the first: an hour for each 24 quick runs.
#
#   bench/link/lab.sh                       20 quick runs of every case
#   RUNS=5 PROFILE=standard CASES="linked cron" bench/link/lab.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=${RUNS:-20} users=${USERS:-5} profile=${PROFILE:-quick} cases=${CASES:-linked unlinked cron busy starved}
work=$(mktemp -d)
pids=()
cleanup() {
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
go build -o "$work/crosstalk" .

# The journeys and checks of the demo, for a lab that runs.
config() {
  python3 - "$1" <<'PY'
import json, sys
lab = json.load(open(sys.argv[1]))
checks = lambda site, every: "".join(f'    - {{name: {s["name"]}, http: "{s["deep_health"]}", every: {every}}}\n' for s in site["servers"])
print(f'''staging:
  url: {lab["staging"]["url"]}
  journeys:
    - name: buy
      think: 20ms..60ms
      steps:
        - GET /products
        - {{post: /cart, save: {{cart: $.id}}, expect: 201}}
        - {{post: "/cart/{{{{cart}}}}/checkout", expect: 2xx}}
  checks:
{checks(lab["staging"], "500ms")}production:
  checks:
{checks(lab["production"], "100ms")}''')
PY
}

# one CASE RUN: starts a lab, checks it, prints the exit code.
one() {
  local name=$1 seed=$2 dir=$work/$1-$2 code=0
  local lab=() check=(--profile "$profile" --seed "$seed" --users "$users" --json) before=()
  case $name in
    linked) lab=(--linked) ;;
    unlinked) ;;
    cron) lab=(--cron) ;;
    busy) lab=(--noise busy) ;;
    starved)
      # One core for the checks, the load and two programs that only burn it; far more
      # users than a check would take. The lab has the other cores.
      before=(taskset -c 0) check+=(--users 60) # the last one counts
      ;;
    *) echo "no case is called $name" >&2; exit 2 ;;
  esac
  mkdir "$dir"
  "$work/crosstalk" lab "${lab[@]}" --seed "$seed" >"$dir/lab.json" 2>/dev/null &
  local shop=$! burn=()
  pids+=("$shop")
  if [[ $name == starved ]]; then
    local _
    for _ in 1 2; do
      taskset -c 0 sh -c 'while :; do :; done' &
      burn+=($!)
      pids+=($!)
    done
    taskset -pc 1-$(($(nproc) - 1)) "$shop" >/dev/null 2>&1 || true
  fi
  until python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$dir/lab.json" 2>/dev/null; do
    kill -0 "$shop"
    sleep 0.1
  done
  config "$dir/lab.json" >"$dir/crosstalk.yaml"
  "${before[@]}" "$work/crosstalk" check -c "$dir/crosstalk.yaml" "${check[@]}" >"$dir/result.json" 2>"$dir/stderr" || code=$?
  kill "$shop" "${burn[@]}" 2>/dev/null || true
  wait "$shop" "${burn[@]}" 2>/dev/null || true
  pids=()
  python3 - "$dir/result.json" "$code" <<'PY'
import json, sys
try:
    r = json.load(open(sys.argv[1]))
    v = (r.get("check") or {}).get("verdict") or {}
    print(sys.argv[2], r["verdict"], v.get("pairs", 0), f'{100 * v.get("estimate", 0):+.1f}%', v.get("why", r["words"]))
except (OSError, ValueError, KeyError) as e:
    print(sys.argv[2], "failed", 0, "-", e)
PY
}

declare -A count
for name in $cases; do
  for ((i = 1; i <= runs; i++)); do
    line=$(one "$name" "$i")
    echo "$name $i: $line" >&2
    read -r _ verdict _ <<<"$line"
    count[$name,$verdict]=$((${count[$name,$verdict]:-0} + 1))
  done
done

verdicts=(linked suspected no_link_seen inconclusive own_machine void failed)
printf '| %s, %d runs each |' "$profile" "$runs"
printf ' %s |' "${verdicts[@]}"
printf '\n|---|'
printf '%.0s---:|' "${verdicts[@]}"
printf '\n'
for name in $cases; do
  printf '| %s |' "$name"
  for v in "${verdicts[@]}"; do printf ' %d |' "${count[$name,$v]:-0}"; done
  printf '\n'
done
