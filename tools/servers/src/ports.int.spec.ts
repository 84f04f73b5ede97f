import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { freePort, isTaken } from './ports';

const program = "require('@steward/servers').freePorts(300).then((ports) => { console.log(JSON.stringify(ports)); process.stdin.resume(); });";

describe('free ports', () => {
  it('are given to one of several processes that look for them at once', async () => {
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] }));
    const given = await Promise.all(
      children.map(async ({ stdout }): Promise<number[]> => {
        for await (const line of createInterface(stdout)) return JSON.parse(line) as number[];
        return [];
      }),
    );
    await Promise.all(children.map((child) => (child.stdin.end(), once(child, 'exit'))));
    expect(given.map(({ length }) => length)).toEqual([300, 300, 300, 300]);
    expect(new Set(given.flat()).size).toBe(1_200);
    // Nobody has to kill who only holds a block.
    expect(children.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  }, 60_000);

  it('are free, and are told from those that are not', async () => {
    const port = await freePort();
    expect(await isTaken(port)).toBe(false);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await isTaken(port)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });
});
