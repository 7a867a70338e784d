#!/usr/bin/env bash
# Tries Tollgate as a new user would: a fresh clone in a folder of its own, npm start, npm run send,
# kill -9, npm start again, npx tollgate, Ctrl-C. Takes a minute or two, so it is not part of npm test.
#
#   scripts/fresh-clone.sh                   the last commit, as the user who calls
#   scripts/fresh-clone.sh --working-tree    with what is not committed yet
#   scripts/fresh-clone.sh --as nobody       as another user (only root may)
set -euo pipefail

source_dir="$(cd "$(dirname "$0")/.." && pwd)"
working_tree=no
user=''
while [[ $# -gt 0 ]]; do
  case "$1" in
    --working-tree) working_tree=yes ;;
    --as) user="$2"; shift ;;
    *) echo "unknown option: $1" >&2; exit 2 ;;
  esac
  shift
done

folder="$(mktemp -d)" # mode 0700: for root the harder case, since PostgreSQL does not run as root
clone="$folder/tollgate"
port="$(node -e "const s = require('net').createServer().listen(0, () => { console.log(s.address().port); s.close(); })")"
log="$folder/service.log"
as_user=()

say() { printf '\n== %s\n' "$*"; }
fail() { printf '\nFAILED: %s\n' "$*" >&2; tail -n 40 "$log" >&2 || true; exit 1; }
servers() { pgrep -f "$clone/.data/postgres" || true; }
service_pid() { pgrep -f "^node .*dist/src/main.js" | while read -r pid; do
  [[ "$(readlink "/proc/$pid/cwd")" == "$clone" ]] && echo "$pid"; done | head -n 1; }

cleanup() {
  local pid
  for pid in $(service_pid) $(servers); do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap cleanup EXIT

start() {
  # A session of its own stands for a terminal: its Ctrl-C reaches the whole process group.
  (cd "$clone" && PORT="$port" exec setsid ${as_user[@]+"${as_user[@]}"} npm start) >>"$log" 2>&1 </dev/null &
  npm_pid=$!
  local tries
  for ((tries = 0; tries < 1800; tries += 1)); do
    curl -fsS "http://127.0.0.1:$port/health/ready" >/dev/null 2>&1 && return
    kill -0 "$npm_pid" 2>/dev/null || fail 'npm start ended'
    sleep 0.1
  done
  fail 'npm start is not ready after three minutes'
}

send() {
  (cd "$clone" && PORT="$port" ${as_user[@]+"${as_user[@]}"} npm run --silent send -- \
    stripe payment_intent.succeeded)
}

tollgate() {
  (cd "$clone" && PORT="$port" ${as_user[@]+"${as_user[@]}"} npx --no-install tollgate "$@")
}

say "cloning into $clone"
git clone --quiet "$source_dir" "$clone"
if [[ "$working_tree" == yes ]]; then
  (cd "$source_dir" && git ls-files -z --cached --others --exclude-standard --deduplicate |
    xargs -0 -I{} sh -c 'test ! -e "$1" || printf "%s\0" "$1"' _ {} |
    tar --null --files-from=- --create) | tar --extract --directory="$clone"
fi
touch "$log"
if [[ -n "$user" ]]; then
  chown -R "$user" "$folder"
  as_user=(setpriv "--reuid=$(id -u "$user")" "--regid=$(id -g "$user")" --clear-groups
    env "HOME=$folder")
fi

say 'npm start, with nothing set up'
start
say 'npm run send'
send | tee "$folder/first.log"
grep -q '"status": "paid"' "$folder/first.log" || fail 'the sample did not end as a paid payment'

say 'kill -9 of the service'
kill -9 "$(service_pid)"
wait "$npm_pid" || true
[[ -n "$(servers)" ]] || fail 'PostgreSQL was expected to live on'

say 'npm start again'
start
send >"$folder/second.log"
# The same payment object once more: its row is the one of before, unless that was lost.
diff <(grep '"id"' "$folder/first.log") <(grep '"id"' "$folder/second.log") ||
  fail 'what was there before kill -9 is gone'

say 'npx tollgate doctor, and what came'
tollgate doctor || fail 'the doctor found a problem'
tollgate events --json | grep -q '"type": *"payment_intent.succeeded"' || fail 'the event is not listed'
[[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/console/login")" == 200 ]] ||
  fail 'the console does not answer'

say 'Ctrl-C'
kill -INT -- "-$npm_pid"
wait "$npm_pid" || true
sleep 0.5
[[ -z "$(service_pid)" ]] || fail 'the service still runs'
[[ -z "$(servers)" ]] || fail 'PostgreSQL still runs'

say 'everything worked'
