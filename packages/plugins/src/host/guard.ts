/**
 * Runs a program so that it does not outlive its host: when the other end of descriptor 3 is gone, the host is, however
 * it died. Says the program's process id there. All of it is one process group, which the host can signal.
 *
 * `$1` is the program's own folder, removed with it, and the folder around it when nothing but this script is left
 * there; `$2` the program. Signals of the group are for the program, so the shell ignores them, but only after it has
 * started the program, which would ignore them, too.
 */
export const GUARD_SCRIPT = `dir=$1
base=\${dir%/*}
"$2" 3>&- &
pid=$!
trap '' HUP INT TERM
{
  read -r _ <&3
  kill -TERM $pid
  sleep 1
  rm -rf "$dir"
  [ "$(echo "$base"/*)" = "$0" ] && rm -rf "$base"
  kill -KILL 0
} >/dev/null 2>&1 &
watch=$!
echo $pid >&3
wait $pid 2>/dev/null
code=$?
kill -KILL $watch
wait $watch 2>/dev/null
exit $code
`;
