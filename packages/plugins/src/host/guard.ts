/**
 * Runs a program so that it does not outlive its host: when the other end of descriptor 3 is gone, the host is, however
 * it died. Says the program's process id there. All of it is one process group, which the host can signal.
 *
 * `$1` is the program's own folder, removed with it; `$2` the program. When the host is gone, the last of its guards also
 * removes the folder around, where this script is. Signals of the group are for the program, so the shell ignores them,
 * but only after it has started the program, which would ignore them, too.
 */
export const GUARD_SCRIPT = `dir=$1
base=\${dir%/*}
"$2" 3>&- &
pid=$!
trap '' HUP INT TERM
{
  read -r _ <&3
  : >"$base/gone"
  kill -TERM $pid
  sleep 1
  kill -KILL $pid
  sleep 1
  kill -KILL 0
} >/dev/null 2>&1 &
watch=$!
echo $pid >&3
wait $pid 2>/dev/null
code=$?
kill -KILL $watch
wait $watch 2>/dev/null
rm -rf "$dir"
if [ -e "$base/gone" ]; then
  set -- "$base"/[0-9]*
  [ -e "$1" ] || rm -rf "$base"
  kill -KILL 0
fi
exit $code
`;
