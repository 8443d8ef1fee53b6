import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevNews } from '../../cli/dev/dev-news.ts';
import { until } from '../local/processes.ts';
import { type DevPlace, devPlace, type RunningCommand } from '../support/dev-stack.ts';

const codeOf = (mark: string) => `
export function processEvent(event, { config }) {
  console.log('saw', event.event);
  if (event.event === 'unwanted') return null;
  if (event.event === 'bad') throw new TypeError('no');
  return { ...event, properties: { mark: '${mark}', greeting: config.greeting } };
}`;

const manifestOf = (...config: object[]) => JSON.stringify({ name: 'Mine', config });
const greeting = { key: 'greeting', type: 'string', default: 'hello' };

function properties(news: DevNews): Record<string, unknown> {
  return (news['event'] as { properties: Record<string, unknown> }).properties;
}

/** Another program that has a port. */
async function portHolder(): Promise<{ port: number; release(): Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const release = async () => {
    server.close();
    await once(server, 'close');
  };
  return { port, release };
}

let place: DevPlace;
let stack: RunningCommand;
let folder: string;

beforeAll(async () => {
  place = await devPlace({ synthesised: true });
  folder = await place.writePlugin('mine', { 'plugin.json': manifestOf(greeting), 'index.js': codeOf('first') });
  stack = place.run('dev', folder, '--json');
  await stack.heard('linked');
  await stack.heard('ready');
}, 180_000);
afterAll(async () => {
  await place[Symbol.asyncDispose]();
});

describe('an author with hoglet dev', () => {
  it('sees events come out of the plugin in its folder, with its defaults, what it says, and what it drops', async () => {
    await place.send('hello');
    const event = await stack.heard('event', 'hello of me');
    await place.send('unwanted');
    const dropped = await stack.heard('dropped');

    expect(properties(event)).toMatchObject({ mark: 'first', greeting: 'hello' });
    expect(dropped.text).toBe('1 event by Mine');
    expect(stack.news.filter(({ source }) => source === 'CONSOLE').map(({ text }) => text)).toEqual([
      'Mine: saw hello',
      'Mine: saw unwanted',
    ]);
  }, 90_000);

  it('sees the next event run through what was saved', async () => {
    await writeFile(join(folder, 'index.js'), codeOf('second'));
    const reloaded = await stack.heard('reloaded');
    await place.send('again');
    const event = await stack.heard('event', 'again of me');

    expect(reloaded.text).toMatch(/^Mine: version 2 runs from the next batch on \(\d+\.\d s\)$/);
    expect(properties(event)['mark']).toBe('second');
  }, 90_000);

  it('is told file, line and column of what cannot be built, while the version before runs on, until it is mended', async () => {
    await writeFile(join(folder, 'index.js'), `${codeOf('third')}\nfunction (`);
    const refused = await stack.heard('refused');
    await place.send('meanwhile');
    const meanwhile = await stack.heard('event', 'meanwhile of me');
    await writeFile(join(folder, 'index.js'), codeOf('fourth'));
    await stack.heard('reloaded', 'version 3');
    await place.send('mended');
    const mended = await stack.heard('event', 'mended of me');

    expect(refused.text).toContain('./mine/index.js:8:10: Expected identifier but found "("');
    expect(refused.text).toContain('Version 2 runs on.');
    expect([properties(meanwhile)['mark'], properties(mended)['mark']]).toEqual(['second', 'fourth']);
  }, 90_000);

  it('is told where in the file a hook has failed', async () => {
    await place.send('bad');
    const failed = await stack.heard('log', 'failed in processEvent: TypeError: no');
    const told = await stack.heard('log', 'that was');

    expect(failed['source']).toBe('PLUGIN');
    expect(told.text).toBe('Mine: that was at processEvent (./mine/index.js:5:36), for the event bad');
  }, 90_000);

  it('gets the defaults of new fields, and is told of fields that are gone', async () => {
    await writeFile(join(folder, 'plugin.json'), manifestOf({ ...greeting, default: 'hi' }, { key: 'url' }));
    const changed = await stack.heard('note', 'the default of greeting is "hi" now, and so is its value');
    await stack.heard('note', 'a new field url, which has no value');
    await place.send('defaults');
    const event = await stack.heard('event', 'defaults of me');
    await writeFile(join(folder, 'plugin.json'), manifestOf());
    const gone = await stack.heard('note', 'no field greeting any more');

    expect(changed.text).toMatch(/^Mine: /);
    expect(properties(event)['greeting']).toBe('hi');
    expect(gone.text).toContain('npx hoglet config set 1 greeting:=null');
  }, 90_000);

  it('links another folder to the stack that is up, by a command that ends with Ctrl-C', async () => {
    const other = await place.writePlugin('other', {
      'plugin.json': JSON.stringify({ name: 'Other' }),
      'index.ts':
        'export const processEvent = (event: { properties: object }) => ({ ...event, properties: { ...event.properties, other: 1 } })',
    });
    const link = place.run('plugins', 'install', '--link', other, '--json');
    const linked = await link.heard('linked');
    await place.send('both');
    const both = await stack.heard('event', 'both of me');
    await writeFile(
      join(other, 'index.ts'),
      'export const processEvent = (event) => { event.properties.other = 2; return event; }',
    );
    await link.heard('reloaded');
    await place.send('both again');
    const again = await stack.heard('event', 'both again of me');
    const code = await link.interrupt();

    expect(linked.text).toBe('Other is linked to ./other (plugin 2, version 1)');
    expect([properties(both), properties(again)]).toMatchObject([
      { mark: 'fourth', other: 1 },
      { mark: 'fourth', other: 2 },
    ]);
    expect(code).toBe(0);
  }, 90_000);

  it('is refused, with what to do, what cannot be: no plugin, a stack elsewhere, a second stack', async () => {
    const elsewhere = ['--url', 'https://x.lambda-url.eu-west-1.on.aws', '--token', 'hog_x'];

    const [nothing, noPlugin, aws, second] = await Promise.all([
      place.finish('dev', 'nowhere'),
      place.finish('dev', '.'),
      place.finish('plugins', 'install', '--link', folder, ...elsewhere),
      place.finish('dev'),
    ]);

    expect([nothing, noPlugin, aws, second].map(({ code }) => code)).toEqual([2, 2, 2, 7]);
    expect(nothing.stderr).toContain('npx hoglet init ./nowhere');
    expect(noPlugin.stderr).toContain('has no plugin.json');
    expect(aws.stderr).toContain(
      '--link is for the stack on this machine, and the API is at x.lambda-url.eu-west-1.on.aws',
    );
    expect(second.stderr).toContain(`running already, as process ${stack.child.pid}`);
  }, 60_000);

  it('ends all of it with Ctrl-C, and goes on with the same plugin the next time, even when it cannot be built then', async () => {
    const before = (await place.processesLeft()).length;
    const code = await stack.interrupt();
    await until('no process is left', async () => (await place.processesLeft()).length === 0);
    const files = await readdir(place.state);
    const { port, release } = await portHolder();
    const taken = await place.finish('dev', '--port', String(port));
    await release();
    await writeFile(join(folder, 'index.js'), 'function (');
    const next = place.run('dev', folder, '--json', '--port', String(port));
    const refused = await next.heard('refused');
    await next.heard('ready');
    await writeFile(join(folder, 'index.js'), codeOf('last'));
    const linked = await next.heard('linked');
    const { status } = await fetch(`http://127.0.0.1:${port}/health`);
    const ended = await next.interrupt();

    expect(before).toBeGreaterThan(3);
    expect([code, ended, status]).toEqual([0, 0, 200]);
    expect(files).not.toContain('lock');
    expect(files).not.toContain('stack.json');
    expect([taken.code, taken.stderr]).toEqual([7, `Port ${port} cannot be had (EADDRINUSE): choose another\n`]);
    expect(refused.text).toMatch(/Version \d+ runs on\.$/);
    expect(linked.plugin).toMatchObject({ id: 1, name: 'Mine' });
    expect(next.stderr()).toBe('');
  }, 90_000);
});

describe('hoglet dev', () => {
  it('that is ended while it synthesises ends its bundlers, too', async () => {
    await using own = await devPlace({ synthesised: false });
    const starting = own.run('dev');
    let stdout = '';
    starting.child.stdout?.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
    await until(
      'it synthesises',
      async () => stdout.includes('Synthesising') && (await own.processesLeft()).length > 1,
    );

    const code = await starting.interrupt();

    expect([code, starting.stderr()]).toEqual([0, '']);
    await until('no process is left', async () => (await own.processesLeft()).length === 0);
    await rm(own.state, { recursive: true });
  }, 60_000);

  it('without folders, gives an empty stack the demo project, and says in plain text where all is', async () => {
    await rm(join(place.state, 'tables'), { recursive: true });
    await rm(join(place.state, 'queues'), { recursive: true });
    const up = place.run('dev');
    let stdout = '';
    up.child.stdout?.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
    await until('it is up', () => stdout.includes('Ctrl-C'));

    await up.interrupt();

    expect(stdout).toMatch(/Hoglet is up, after \d+\.\d s/);
    expect(stdout).toMatch(/1\. +Internal Traffic Dropper/);
    expect(stdout).toMatch(/send events to +http:\/\/127\.0\.0\.1/);
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/);
  }, 60_000);
});
