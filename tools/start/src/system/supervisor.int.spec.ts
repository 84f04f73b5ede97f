import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Running } from '@steward/servers';
import { eventually, failOnLeaks } from '@steward/testing';
import { supervise, type Supervised } from './supervisor';

describe('supervisor', () => {
  let dir = '';
  let running: Running;
  let watch: Supervised;
  let notes: string[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'steward-supervisor-'));
    notes = [];
    // Refuses to start while the file `broken` exists.
    running = await launch({
      name: 'service',
      command: '/bin/sh',
      args: ['-c', '[ ! -e broken ] || exit 7; touch up; while :; do [ ! -e ends ] || { rm ends; echo out of luck; exit 3; }; sleep 0.02; done'],
      env: { PATH: process.env['PATH'] },
      cwd: dir,
      logFile: join(dir, 'log'),
      url: '',
      ready: () => Promise.resolve(existsSync(join(dir, 'up'))),
      readyWithinMs: 10_000,
      stopSignal: 'SIGTERM',
    });
    watch = supervise(running, (line) => notes.push(line));
  });
  afterEach(async () => {
    await watch.release();
    rmSync(dir, { recursive: true, force: true });
  });
  failOnLeaks();

  it('starts a killed process again', async () => {
    const first = running.pid;
    await running.kill();
    await eventually(() => running.alive && running.pid !== first && notes.includes('service is back'));
    expect(notes[0]).toBe('service ended (signal SIGKILL), starting it again');
  });

  it('tries again with a growing pause while the process can not start', async () => {
    writeFileSync(join(dir, 'broken'), '');
    rmSync(join(dir, 'up'));
    const begun = Date.now();
    await running.kill();
    await eventually(() => notes.filter((line) => line.includes('does not start (exit code 7)')).length >= 3);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(250 + 500);
    rmSync(join(dir, 'broken'));
    await eventually(() => running.alive && notes.includes('service is back'));
  });

  it('says what a process said last when it ends by itself', async () => {
    writeFileSync(join(dir, 'ends'), '');
    await eventually(() => notes.includes('service is back'));
    expect(notes[0]).toBe('service ended (exit code 3: out of luck), starting it again');
  });

  it('leaves down what was taken down, and brings it back with patience', async () => {
    await watch.takeDown();
    expect([running.alive, notes]).toEqual([false, []]);
    writeFileSync(join(dir, 'broken'), '');
    rmSync(join(dir, 'up'));
    const back = watch.bringBack();
    await eventually(() => notes.length >= 2);
    rmSync(join(dir, 'broken'));
    await back;
    expect(running.alive).toBe(true);
    // From now on it is watched over as before.
    await running.kill();
    await eventually(() => notes.at(-1) === 'service is back' && notes.at(-2) === 'service ended (signal SIGKILL), starting it again');
  });

  it('says each reason when it does not bring it back', async () => {
    await watch.takeDown();
    writeFileSync(join(dir, 'broken'), '');
    rmSync(join(dir, 'up'));
    await expect(watch.bringBack()).rejects.toThrow(/^service did not come back:(\nservice does not start \(exit code 7\): .*){5}$/);
  });

  it('leaves a stopped process alone, also one that it was about to start', async () => {
    writeFileSync(join(dir, 'broken'), '');
    rmSync(join(dir, 'up'));
    await running.kill();
    await eventually(() => notes.some((line) => line.includes('exit code 7')));
    await watch.release();
    rmSync(join(dir, 'broken'));
    const told = notes.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(running.alive).toBe(false);
    expect(notes).toHaveLength(told);
  });
});
