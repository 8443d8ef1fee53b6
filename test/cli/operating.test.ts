import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/local-stack.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

interface Request {
  method: string;
  path: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

/** An API that says what the test wants it to say. */
async function serve(answer: (request: Request, count: number) => object | { status: number }) {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((sent) => {
      const seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        body: sent === '' ? null : (JSON.parse(sent) as unknown),
      };
      requests.push(seen);
      const body = answer(seen, requests.length);
      const { status = 200 } = body as { status?: number };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const env = {
    PATH: process.env['PATH'],
    HOGLET_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    HOGLET_TOKEN: 'hog_test',
  };
  return {
    requests,
    env,
    hoglet: (...parameters: string[]) =>
      new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
        execFile(process.execPath, [MAIN, ...parameters], { env }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
        });
      }),
    [Symbol.asyncDispose]: async () => void server.close().closeAllConnections(),
  };
}

describe('hoglet send', () => {
  it('sends a file in requests that fit, in its order, each event with a uuid, by project', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'events.ndjson');
    const line = (n: number) => JSON.stringify({ event: `e${n}`, distinct_id: 'me', team_id: n < 2_300 ? 1 : 2 });
    await writeFile(file, `${Array.from({ length: 2_500 }, (_, n) => line(n)).join('\n')}\n\n`);
    await using api = await serve(({ body }) => ({ uuids: body.events.map(({ uuid }: { uuid: string }) => uuid) }));

    const { code, stdout, stderr } = await api.hoglet('send', '--file', file, '--json');

    expect([code, stderr]).toEqual([0, '']);
    expect(api.requests.map(({ path, body }) => [path, body.events.length])).toEqual([
      ['/api/projects/1/events/', 1_000],
      ['/api/projects/1/events/', 1_000],
      ['/api/projects/1/events/', 300],
      ['/api/projects/2/events/', 200],
    ]);
    const events = api.requests.flatMap(({ body }) => body.events as { event: string; uuid: string }[]);
    expect(events.map(({ event }) => event)).toEqual(Array.from({ length: 2_500 }, (_, n) => `e${n}`));
    expect((JSON.parse(stdout) as { uuids: string[] }).uuids).toEqual(events.map(({ uuid }) => uuid));
    expect(new Set(events.map(({ uuid }) => uuid)).size).toBe(2_500);
  });

  it('sends again what got no answer, with the same uuids', async () => {
    await using api = await serve(({ body }, count) =>
      count === 1 ? { status: 503 } : { uuids: body.events.map(({ uuid }: { uuid: string }) => uuid) },
    );

    const { code, stdout } = await api.hoglet('send', '{"event":"x","distinct_id":"y"}', '--project', '1');

    const [first, second, ...others] = api.requests.map(({ body }) => body.events[0].uuid as string);
    expect([code, others]).toEqual([0, []]);
    expect(second).toBe(first);
    expect(stdout).toContain(`with the uuid ${first}`);
  });

  it('names lines of the file, and says what was sent before, when one is refused', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'events.ndjson');
    await writeFile(file, `${'{"event":"x","distinct_id":"y"}\n'.repeat(1_001)}\n{"distinct_id":"y"}\n`);
    await using api = await serve(({ body }, count) =>
      count === 1
        ? { uuids: body.events.map(({ uuid }: { uuid: string }) => uuid) }
        : {
            status: 400,
            code: 'invalid_input',
            detail: 'x',
            errors: [{ path: 'body.events.1.event', message: 'must be there' }],
          },
    );

    const { code, stderr } = await api.hoglet('send', '--file', file, '--project', '1');

    expect(code).toBe(8);
    expect(stderr).toContain('line 1003.event: must be there');
    expect(stderr).toContain('1000 events were sent before.');
  });

  it.each([
    [['send'], 'Give either an event as JSON, or --file'],
    [['send', '{"event":'], 'The event is not JSON'],
    [['send', '[]'], 'The event is no event'],
    [['send', '{}'], 'Give --project, or a team_id with each event (there are 1, 2)'],
    [['send', '--file', '/nowhere/x'], 'The file cannot be read: ENOENT'],
    [['jobs', 'run', '1', 'x', '--payload', '[]'], 'The payload must be a JSON object'],
    [['jobs', 'run', '1', 'x', '--payload', '{'], 'The payload is not JSON'],
    [['jobs', 'run', '1', 'x', '--payload', '@/nowhere/x'], 'The payload cannot be read: ENOENT'],
    [['logs', '1', '--since', 'soon'], 'such as 90s, 15m'],
    [['logs', '1', '--level', 'fatal'], 'Allowed choices are debug, info, warn, error'],
    [['metrics', '1', '--hours', '0'], '--hours must be 1 to 2160'],
    [['dlq', 'delete', 'events'], 'Say which: ids, --reason, --plugin-config, or --all'],
    [['dlq', 'redrive', 'events', 'some-id', '--all'], 'Say which'],
    [['dlq', 'list', 'nothing'], 'Allowed choices are events, ingestion, deliveries, tasks'],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
  ])('%j is wrong usage: 2, with what to do, and nothing is changed', async (parameters, message) => {
    await using api = await serve(() => ({ next: null, results: [{ id: 1 }, { id: 2 }] }));

    const { code, stdout, stderr } = await api.hoglet(...parameters);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(api.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('hoglet logs', () => {
  const entry = (message: string) => ({
    id: message,
    timestamp: '2026-03-02T08:00:00.000Z',
    type: 'WARN',
    source: 'CONSOLE',
    message,
  });

  it('--follow shows the last lines, then each that comes, and ends when nobody reads any more', async () => {
    await using api = await serve(({ path }, count) =>
      path.includes('after=')
        ? { next: null, after: `c${count}`, results: [entry(`came ${count}`)] }
        : { next: null, after: 'c1', results: [entry('newer'), entry('older\nFAKE\u001b[2K')] },
    );
    const following = spawn(process.execPath, [MAIN, 'logs', '7', '--follow', '--level', 'warn'], {
      env: api.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    for await (const chunk of following.stdout) {
      shown += String(chunk);
      // Leaving closes the pipe, as `head` does.
      if (shown.includes('came 3')) break;
    }
    const [code] = (await once(following, 'exit')) as [number];

    expect(code).toBe(0);
    expect(shown.split('\n').slice(0, 4)).toEqual([
      '2026-03-02T08:00:00.000Z WARN  console older',
      '    FAKE\uFFFD[2K',
      '2026-03-02T08:00:00.000Z WARN  console newer',
      '2026-03-02T08:00:00.000Z WARN  console came 2',
    ]);
    expect(api.requests[0]?.path).toBe('/api/plugin_config/7/logs/?type_filter=WARN&type_filter=ERROR&limit=10');
    expect(api.requests[2]?.path).toContain('after=c2');
  }, 20_000);

  it('goes through as many pages as it takes, also empty ones, and shows the lines in the order of time', async () => {
    await using api = await serve(({ path }) =>
      path.includes('before=1')
        ? { next: '/api/plugin_config/7/logs/?before=2', after: null, results: [] }
        : path.includes('before=2')
          ? { next: null, after: null, results: [entry('oldest')] }
          : { next: '/api/plugin_config/7/logs/?before=1', after: 'x', results: [entry('newest'), entry('middle')] },
    );

    const { stdout } = await api.hoglet('logs', '7', '--json');

    expect((JSON.parse(stdout) as { message: string }[]).map(({ message }) => message)).toEqual([
      'oldest',
      'middle',
      'newest',
    ]);
  });
});

describe('hoglet dlq', () => {
  const counts = { results: [{ queue: 'events', count: 900, hidden: 0 }] };
  const part = (redriven: number, more: object = {}) => ({
    redriven,
    not_sent: 0,
    not_removed: 0,
    examined: redriven,
    complete: false,
    before: '2026-03-02T08:00:00.000Z',
    ...more,
  });

  it('redrive asks for some after some, and only for what was there when it began', async () => {
    await using api = await serve(({ method }, count) =>
      method === 'GET' ? counts : part(count === 2 ? 500 : 400, { complete: count === 3 }),
    );

    const { code, stdout } = await api.hoglet('dlq', 'redrive', 'events', '--all', '--json');

    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { handled: 900, not_sent: 0, not_removed: 0, examined: 900, complete: true },
    ]);
    expect(api.requests.slice(1).map(({ body }) => body)).toEqual([
      { all: true, limit: 500 },
      { all: true, limit: 500, before: '2026-03-02T08:00:00.000Z' },
    ]);
  });

  it('redrive stops at --max, and where there was nothing more to find in time', async () => {
    await using api = await serve(({ method, body }) =>
      method === 'GET' ? counts : part(body.limit === 500 ? 0 : 30),
    );

    const most = await api.hoglet('dlq', 'redrive', 'events', '--reason', 'unknown_project', '--max', '30');
    const none = await api.hoglet('dlq', 'redrive', 'events', '--all');

    expect(most.stdout).toBe('30 sent back to events; 30 were looked at.\nThere may be more.\n');
    expect([none.code, none.stdout]).toEqual([0, '0 sent back to events; 0 were looked at.\nThere may be more.\n']);
    expect(api.requests.filter(({ method }) => method === 'POST').map(({ body }) => body.limit)).toEqual([30, 500]);
  });

  it('redrive ends with 3 when some could not be sent, which stay', async () => {
    await using api = await serve(({ method }) => (method === 'GET' ? counts : part(5, { not_sent: 2 })));

    const { code, stdout, stderr } = await api.hoglet('dlq', 'redrive', 'events', '--all');

    expect(code).toBe(3);
    expect(stdout).toContain('5 sent back to events;');
    expect(stderr).toContain('2 could not be sent to events, and stay where they are; try again.');
  });
});

it('hoglet metrics draws a bar for each hour, and puts hours together where there are many', async () => {
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const at = (hoursAgo: number, value: number) => ({
    time: new Date(hour - hoursAgo * 3_600_000).toISOString(),
    value,
  });
  const series = (operation: string, points: object[]) => ({
    name: `of ${operation}`,
    operation,
    source: 'plugin',
    function: null,
    points,
  });
  await using api = await serve(() => ({
    results: [series('sum', [at(3, 7), at(0, 1_400)]), series('max', [at(2, 5), at(1, 5)])],
  }));

  const few = await api.hoglet('metrics', '7', '--hours', '4', '--name', 'a,b', '--name', 'c');
  const many = await api.hoglet('metrics', '7', '--hours', '96');

  expect(
    few.stdout
      .split('\n')
      .slice(1, 3)
      .map((line) => line.trim().split(/ {2,}/)),
  ).toEqual([
    ['of sum', 'the plugin', 'sum', '1,407', '▁··█'],
    ['of max', 'the plugin', 'max', '5', '·██·'],
  ]);
  expect(many.stdout).toContain(`${'·'.repeat(46)}▁█`);
  expect(api.requests[0]?.path).toMatch(/from=.+&to=.+&name=a%2Cb&name=c$/);
});
