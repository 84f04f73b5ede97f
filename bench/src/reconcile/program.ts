// One way in a process of its own: name, owner's database, reader's database, whether it is not its first time; says what it found as one line of JSON.
import { runWay, type WayName } from './ways';

const [name, owner, reader, time] = process.argv.slice(2) as [WayName, string, string, 'first' | 'again'];
runWay(name, { owner, reader, again: time === 'again' }).then(
  (found) => {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    process.exit(0);
  },
  (fault: Error) => {
    process.stderr.write(`${fault.stack ?? fault.message}\n`);
    process.exit(1);
  },
);
