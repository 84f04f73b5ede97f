// One way in a process of its own: name, owner's database, reader's database; says what it found as one line of JSON.
import { runWay, type WayName } from './ways';

const [name, owner, reader] = process.argv.slice(2) as [WayName, string, string];
runWay(name, owner, reader).then(
  (found) => {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    process.exit(0);
  },
  (fault: Error) => {
    process.stderr.write(`${fault.stack ?? fault.message}\n`);
    process.exit(1);
  },
);
