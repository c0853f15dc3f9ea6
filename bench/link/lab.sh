#!/usr/bin/env bash
# Link checks of the whole program on the real lab, over real sockets: so many
# runs of each case, counted by verdict. Some may run at once, each with labs of its
# own, while the machine stays half idle. A lab's staging and production are one process
# and wait for the same processors, which is a link. Hence, where there is to be none,
# staging is that of a second lab, whose process gets what all others leave of the
# processors: it slows nobody, like a machine of its own. Starved checks share one core
# with each other, and are never beside others.
#
#   bench/link/lab.sh                       20 quick runs of every case, one at a time (hours)
#   AT_ONCE=3 FROM=6 RUNS=5 PROFILE=standard CASES="linked cron" bench/link/lab.sh
#
# FROM is the seed of the first run: with another one, more runs are other runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=${RUNS:-20} from=${FROM:-1} at_once=${AT_ONCE:-1} users=${USERS:-5} profile=${PROFILE:-quick} cases=${CASES:-linked unlinked cron busy starved}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
go build -o "$work/crosstalk" .

# config STAGING PRODUCTION: the journeys and checks of the demo, for labs that run.
config() {
  python3 - "$@" <<'PY'
import json, sys
staging, production = (json.load(open(lab))[site] for lab, site in zip(sys.argv[1:], ("staging", "production")))
checks = lambda site, every: "".join(f'    - {{name: {s["name"]}, http: "{s["deep_health"]}", every: {every}}}\n' for s in site["servers"])
print(f'''staging:
  url: {staging["url"]}
  journeys:
    - name: buy
      think: 20ms..60ms
      steps:
        - GET /products
        - {{post: /cart, save: {{cart: $.id}}, expect: 201}}
        - {{post: "/cart/{{{{cart}}}}/checkout", expect: 2xx}}
  checks:
{checks(staging, "500ms")}production:
  checks:
{checks(production, "100ms")}''')
PY
}

# told FILE PID: waits until the lab that writes its addresses there has.
told() {
  until python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$1" 2>/dev/null; do
    kill -0 "$2"
    sleep 0.1
  done
}

# one CASE RUN, in a shell of its own: starts its labs, checks them, prints what came of it.
one() {
  local name=$1 seed=$2 dir=$work/$1-$2 code=0
  local lab=() check=(--profile "$profile" --seed "$seed" --users "$users" --json) before=()
  case $name in
    linked) lab=(--linked) ;;
    unlinked) ;;
    cron) lab=(--cron) ;;
    busy) lab=(--noise busy) ;;
    starved)
      # One core for the check, its load and two programs that only burn it, and for the
      # others that run at once with theirs; far more users than a check would take. The
      # labs have the other cores.
      before=(taskset -c 0) check+=(--users "${USERS:-60}") # the last one counts
      ;;
    *) echo "no case is called $name" >&2; exit 2 ;;
  esac
  mkdir "$dir"
  local pids=()
  trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  local labs=()
  [[ $name != starved ]] || labs=(taskset -c "1-$(($(nproc) - 1))")
  "${labs[@]}" "$work/crosstalk" lab "${lab[@]}" --seed "$seed" >"$dir/lab.json" 2>/dev/null &
  local shop=$! staging=$dir/lab.json
  pids+=("$shop")
  told "$dir/lab.json" "$shop"
  if [[ $name != linked ]]; then
    staging=$dir/staging.json
    "${labs[@]}" chrt --idle 0 "$work/crosstalk" lab --seed "$seed" >"$staging" 2>/dev/null &
    pids+=($!)
    told "$staging" $!
  fi
  if [[ $name == starved ]]; then
    local _
    for _ in 1 2; do
      taskset -c 0 sh -c 'while :; do :; done' &
      pids+=($!)
    done
  fi
  config "$staging" "$dir/lab.json" >"$dir/crosstalk.yaml"
  "${before[@]}" "$work/crosstalk" check -c "$dir/crosstalk.yaml" "${check[@]}" >"$dir/result.json" 2>"$dir/stderr" &
  pids+=($!)
  wait $! || code=$?
  kill "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
  pids=()
  python3 - "$name" "$seed" "$dir/result.json" "$code" <<'PY' | tee "$work/told-$name-$seed" >&2
import json, sys
name, seed, result, code = sys.argv[1:]
try:
    r = json.load(open(result))
    v = (r.get("check") or {}).get("verdict") or {}
    why = v.get("why", r["words"])
    lowered = v.get("users", 0) < v.get("users_at_start", 0)
    told = [r["verdict"], v.get("pairs", 0) + v.get("skipped_pairs", 0), f'{100 * v.get("estimate", 0):+.1f}%', v.get("amber_pairs", 0),
            "red" if why.startswith("red") else "lowered" if lowered else "full", v.get("seconds", 0), why]
except (OSError, ValueError, KeyError) as e:
    told = ["failed", 0, "-", 0, "-", 0, e]
print(f"{name} {seed}: {code}", *told)
PY
}

for name in $cases; do
  [[ $name != starved ]] || wait
  for ((i = from; i < from + runs; i++)); do
    while (($(jobs -rp | wc -l) >= at_once)); do wait -n || true; done
    one "$name" "$i" &
  done
  [[ $name != starved ]] || wait
done
wait

# Beside the verdicts: in how many runs production stayed green in every pair, how many
# pairs were amber, and in how many runs amber lowered the load or the guard saw red.
declare -A count
while read -r name _ _ verdict pairs _ amber load _; do
  count[$name,$verdict]=$((${count[$name,$verdict]:-0} + 1))
  count[$name,pairs]=$((${count[$name,pairs]:-0} + pairs))
  count[$name,amber]=$((${count[$name,amber]:-0} + amber))
  count[$name,$load]=$((${count[$name,$load]:-0} + 1))
  [[ $amber != 0 || $load == red || $pairs == 0 ]] || count[$name,green]=$((${count[$name,green]:-0} + 1))
done < <(cat "$work"/told-*)

verdicts=(linked suspected no_link_seen inconclusive own_machine void failed)
printf '| %s, %d runs each |' "$profile" "$runs"
printf ' %s |' "${verdicts[@]}" 'production green throughout' 'amber pairs' 'load lowered' red
printf '\n|---|'
printf '%.0s---:|' "${verdicts[@]}" 1 2 3 4
printf '\n'
for name in $cases; do
  printf '| %s |' "$name"
  for v in "${verdicts[@]}"; do printf ' %d |' "${count[$name,$v]:-0}"; done
  printf ' %d | %d of %d | %d | %d |\n' "${count[$name,green]:-0}" "${count[$name,amber]:-0}" "${count[$name,pairs]:-0}" \
    "${count[$name,lowered]:-0}" "${count[$name,red]:-0}"
done
