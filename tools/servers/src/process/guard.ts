// A child must not outlive us, not even when we are killed with -9 and can't clean up.
//
// PR_SET_PDEATHSIG is out of reach of Node, so a shell waits at the other end of a pipe: the kernel closes the pipe
// when we die, `read` ends, and the shell stops what is still on its list. One shell for all children of a process.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

const script = `
trap '' INT TERM HUP
pids=
while read -r op pid; do
  if [ "$op" = + ]; then pids="$pids $pid"
  else rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest; fi
done
[ -n "$pids" ] || exit 0
kill -INT $pids 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  alive=; for p in $pids; do kill -0 $p 2>/dev/null && alive=yes; done
  [ -n "$alive" ] || exit 0
  sleep 0.2
done
kill -KILL $pids 2>/dev/null
exit 0`;

let guard: ChildProcess | undefined;

function guardInput(): Socket {
  if (guard === undefined || guard.exitCode !== null || guard.signalCode !== null) {
    // A session of its own: Ctrl-C in the terminal must not reach it.
    guard = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    guard.unref();
    const input = guard.stdin as Socket;
    input.unref();
    input.on('error', () => undefined); // the shell is gone: nothing left to tell it
  }
  return guard.stdin as Socket;
}

/** Stops the process when this one ends in any way; call the returned function once it has exited. */
export function dieWithParent(pid: number): () => void {
  guardInput().write(`+ ${pid}\n`);
  // Its pid may soon belong to somebody else, so it must leave the list.
  return () => void guardInput().write(`- ${pid}\n`);
}
