/**
 * Runs a program so that it does not outlive its host. A second shell watches: when the other end of descriptor 3 is gone,
 * the host is, however it died; it asks the program to end and then kills it. Where `setpriv` can bind the life of a
 * process to that of its parent (Linux, util-linux), the kernel helps those who can no longer help themselves: the program
 * dies with the shell that started it, and that shell is told of the host's end, too, should the watching one be gone.
 *
 * Says the program's process id on descriptor 3. All of it is one process group, which the host can signal. `$1` is the
 * program's own folder, removed with it; `$2` the program. When the host is gone, the last of its guards also removes the
 * folder around, where this script is. Signals of the group are for the program, so the shell ignores them, but only after
 * it has started the program, which would ignore them, too.
 */
export const GUARD_SCRIPT = `dir=$1
base=\${dir%/*}
if [ "$3" = '' ] && setpriv --pdeathsig KILL true 2>/dev/null; then
  exec setpriv --pdeathsig USR1 /bin/sh "$0" "$1" "$2" bound
fi
clean() {
  rm -rf "$dir"
  [ -e "$base/gone" ] || return 0
  set -- "$base"/[0-9]*
  [ -e "$1" ] || rm -rf "$base"
}
end() {
  : >"$base/gone"
  kill -TERM $pid
  sleep 1
  kill -KILL $pid
  sleep 1
  clean
  kill -KILL 0
}
if [ "$3" = bound ]; then
  setpriv --pdeathsig KILL "$2" 3>&- &
else
  "$2" 3>&- &
fi
pid=$!
told=
trap 'told=1; { sleep 2; end; } >/dev/null 2>&1 &' USR1
trap '' HUP INT TERM
{
  read -r _ <&3
  end
} >/dev/null 2>&1 &
watch=$!
echo $pid >&3
wait $pid 2>/dev/null
code=$?
if [ "$told" ]; then
  wait $pid 2>/dev/null
  code=$?
fi
kill -KILL $watch
wait $watch 2>/dev/null
clean
[ ! -e "$base/gone" ] && [ -e "$base" ] || kill -KILL 0
exit $code
`;
