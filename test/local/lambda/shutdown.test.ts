import { describe, expect, test } from 'vitest';
import { livingInGroup, stateOf, until } from '../processes.ts';
import { fixtureFunction } from './fixture-function.ts';

/** A function that says when it hears of its end; `beforeInit` may await, `onEnd` is what it does then. */
function source({ beforeInit = '', onEnd = 'process.exit(0);' } = {}): string {
  return `
    const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2020-01-01/extension/';
    const register = (events = [], name = 'own') =>
      fetch(api + 'register', { method: 'POST', headers: { 'Lambda-Extension-Name': name }, body: JSON.stringify({ events }) });
    const ready = (registered) => {
      const headers = { 'Lambda-Extension-Identifier': registered.headers.get('Lambda-Extension-Identifier') };
      fetch(api + 'event/next', { headers }).catch(() => {});
    };
    process.on('SIGTERM', () => { process.stdout.write('the end\\n'); ${onEnd} });
    ${beforeInit}
    export const handler = async (event) => {
      if (event.register) return (await register()).status;
      if (event.ms) await new Promise((r) => setTimeout(r, event.ms));
      return process.pid;
    };`;
}

const REGISTERED = 'ready(await register());';

describe('a function with an extension', () => {
  test('hears of its end although it is frozen, has its last lines read, and is not waited for longer than it takes', async () => {
    await using fixture = await fixtureFunction(source({ beforeInit: REGISTERED }));
    const processId = (await fixture.call()) as number;
    await until('the function is stopped', () => stateOf(processId) === 'T');

    const before = performance.now();
    await fixture.fn.stop();

    expect(fixture.lines).toEqual(['the end']);
    expect(performance.now() - before).toBeLessThan(400);
  });

  test('has 500 ms, and is killed then', async () => {
    await using fixture = await fixtureFunction(
      source({ beforeInit: REGISTERED, onEnd: `setInterval(() => process.stdout.write('.\\n'), 100);` }),
    );
    const processId = (await fixture.call()) as number;

    const before = performance.now();
    await fixture.fn.stop();
    const milliseconds = performance.now() - before;

    expect(livingInGroup(processId)).toEqual([]);
    expect(fixture.lines.slice(0, 3)).toEqual(['the end', '.', '.']);
    expect(milliseconds).toBeGreaterThan(480);
    expect(milliseconds).toBeLessThan(1000);
  });

  test('is initialised when the extension is ready, too', async () => {
    await using fixture = await fixtureFunction(
      source({
        beforeInit: `const registered = await register(); setTimeout(() => { process.stdout.write('ready\\n'); ready(registered); }, 300);`,
      }),
    );

    await fixture.call();

    await until('the line has arrived', () => fixture.lines.length > 0);
    expect(fixture.lines).toEqual(['ready']);
  });
});

test('a function without an extension is killed at once and hears nothing', async () => {
  await using fixture = await fixtureFunction(source());
  await fixture.call();

  const before = performance.now();
  await fixture.fn.stop();

  expect(performance.now() - before).toBeLessThan(400);
  expect(fixture.lines).toEqual([]);
});

test('nobody registers after the first invocation, twice, without a name, or for events', async () => {
  await using fixture = await fixtureFunction(
    source({
      beforeInit: `
        ready(await register());
        const answers = [await register(), await register(['SHUTDOWN'], 'other'), await register(['INVOKE'], 'other'), await register([], '')];
        process.stdout.write(answers.map(({ status }) => status).join() + '\\n');`,
    }),
  );

  expect(await fixture.call({ register: true })).toBe(403);

  expect(fixture.lines).toEqual(['403,403,403,403']);
});
