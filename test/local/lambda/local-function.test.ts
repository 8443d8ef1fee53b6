import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { livingInGroup, stateOf, until } from '../processes.ts';
import { fixtureFunction } from './fixture-function.ts';

const onlyProcess = (fixture: Awaited<ReturnType<typeof fixtureFunction>>): number => {
  const [environment] = fixture.fn.environments();
  if (environment === undefined) throw new Error('No environment is there');
  return environment.processId;
};

describe('an invocation', () => {
  test('gets event and context, and gives back what the handler returns', async () => {
    await using fixture = await fixtureFunction(
      `export const handler = async (event, context) => ({ event, context, left: context.getRemainingTimeInMillis() });`,
    );

    const result = await fixture.call({ a: [1] });

    expect(result).toMatchObject({
      event: { a: [1] },
      context: {
        functionName: 'fixture',
        functionVersion: '$LATEST',
        memoryLimitInMB: '256',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fixture',
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        logGroupName: 'group',
        logStreamName: 'stream',
      },
    });
    const { left } = result as { left: number };
    expect(left).toBeGreaterThan(4_000);
    expect(left).toBeLessThanOrEqual(5_000);
  });

  test('is reported with its time, the CPU of all its processes, and the time of the start when there was one', async () => {
    await using fixture = await fixtureFunction(
      `import { spawn } from 'node:child_process';
      import { once } from 'node:events';
      const spin = 'const end = Date.now() + 400; while (Date.now() < end);';
      export const handler = async () => {
        const child = spawn(process.execPath, ['-e', spin]);
        await new Promise((resolve) => setTimeout(resolve, 600));
        if (child.exitCode === null) await once(child, 'exit');
      };`,
    );

    await fixture.call();
    await fixture.call();

    const [first, second] = fixture.reports;
    expect(first).toMatchObject({ functionName: 'fixture', memoryMegabytes: 256, milliseconds: expect.any(Number) });
    expect(first?.milliseconds).toBeGreaterThan(590);
    // Where others work, too, it gets less of the CPU meanwhile.
    expect(first?.cpuMilliseconds).toBeGreaterThanOrEqual(50);
    expect(first?.initMilliseconds).toBeGreaterThan(10);
    expect(second?.initMilliseconds).toBeUndefined();
    expect(fixture.reports).toHaveLength(2);
  });

  test('sees the variables of the template and of Lambda, and none of this machine', async () => {
    process.env['HOGLET_TEST_OF_THIS_MACHINE'] = 'secret';
    await using fixture = await fixtureFunction('export const handler = async () => process.env;', {
      variables: { OWN: 'value', AWS_REGION: 'moon' },
    });

    const variables = await fixture.call();

    delete process.env['HOGLET_TEST_OF_THIS_MACHINE'];
    expect(variables).toMatchObject({
      OWN: 'value',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_ENDPOINT_URL_SQS: 'http://sqs',
      AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/),
    });
    for (const name of ['HOGLET_TEST_OF_THIS_MACHINE', 'HOME', 'NODE_OPTIONS', 'VITEST']) {
      expect(variables).not.toHaveProperty(name);
    }
  });

  test('that throws fails with the error’s name and message, and its environment is kept', async () => {
    await using fixture = await fixtureFunction(
      `export const handler = async ({ fail }) => { if (fail) throw new TypeError('no such thing'); return 'fine'; };`,
    );

    const error = await fixture.callAndFail({ fail: true });
    const before = onlyProcess(fixture);

    expect(error).toBe('TypeError: no such thing');
    expect(await fixture.call()).toBe('fine');
    expect(onlyProcess(fixture)).toBe(before);
  });

  test('that runs while another does gets an environment of its own; later ones reuse them', async () => {
    await using fixture = await fixtureFunction(
      `export const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return process.pid; };`,
    );

    const together = await Promise.all([fixture.call({ ms: 300 }), fixture.call({ ms: 300 })]);
    const later = await fixture.call({ ms: 0 });

    expect(new Set(together).size).toBe(2);
    expect(together).toContain(later);
    expect(fixture.fn.environments().map(({ state }) => state)).toEqual(['idle', 'idle']);
  });

  test('whose result is above 6 MB fails, and its environment is kept', async () => {
    await using fixture = await fixtureFunction(`export const handler = async ({ length }) => 'x'.repeat(length);`);

    const error = await fixture.callAndFail({ length: 6_291_557 });
    const before = onlyProcess(fixture);

    expect(error).toMatch(/^Function\.ResponseSizeTooLarge: /);
    expect(await fixture.call({ length: 1 })).toBe('x');
    expect(onlyProcess(fixture)).toBe(before);
  });

  test('whose promise can never settle fails instead of hanging', async () => {
    await using fixture = await fixtureFunction('export const handler = () => new Promise(() => {});');

    expect(await fixture.callAndFail()).toMatch(/^Runtime\.NodeJsExit: /);
  });

  test('that leaves a rejection unhandled fails, and its environment with it', async () => {
    await using fixture = await fixtureFunction(
      `export const handler = async () => { void Promise.reject(new Error('nobody')); await new Promise((r) => setTimeout(r, 1000)); };`,
    );

    expect(await fixture.callAndFail()).toBe('Runtime.UnhandledPromiseRejection: Error: nobody');
    await until('the environment is gone', () => fixture.fn.environments().length === 0);
  });
});

describe('between invocations', () => {
  test('every process of the function is stopped: a timer and a child do not run on', async () => {
    await using fixture = await fixtureFunction(`
      import { spawn } from 'node:child_process';
      let ticks = 0, child;
      export const handler = async () => {
        child ??= spawn(process.execPath, ['-e', 'setInterval(() => {}, 5)']);
        setInterval(() => { ticks += 1; }, 5);
        await new Promise((r) => setTimeout(r, 50));
        return { ticks, child: child.pid };
      };`);

    const first = (await fixture.call()) as { ticks: number; child: number };
    await until('the function is stopped', () => stateOf(onlyProcess(fixture)) === 'T');
    // The signal is sent to all at once, but on a busy machine the child may take it a little later.
    await until('its child is stopped', () => stateOf(first.child) === 'T');
    await sleep(400);
    const childAfterIdling = stateOf(first.child);
    const second = (await fixture.call()) as { ticks: number };

    expect(childAfterIdling).toBe('T');
    // Two intervals of 5 ms run for the 50 ms of the second call. Had the first run on, it had ticked 80 times more.
    expect(second.ticks - first.ticks).toBeLessThan(40);
  });
});

describe('a function is ended', () => {
  test('with its children at the timeout, and the next invocation starts anew', async () => {
    await using fixture = await fixtureFunction(
      `import { spawn } from 'node:child_process';
       export const handler = async ({ hang }) => {
         if (!hang) return process.pid;
         spawn(process.execPath, ['-e', 'setInterval(() => {}, 5)']);
         await new Promise((r) => setTimeout(r, 60_000));
       };`,
      { timeoutSeconds: 0.5 },
    );
    const first = await fixture.call();

    const error = await fixture.callAndFail({ hang: true });

    expect(error).toBe('Sandbox.Timedout: Task timed out after 0.50 seconds');
    expect(fixture.lines.join('\n')).toContain('Task timed out after 0.50 seconds');
    await until('no process of the group is left', () => livingInGroup(first as number).length === 0);
    expect(await fixture.call()).not.toBe(first);
  });

  test('at the timeout also when it never gives way', async () => {
    await using fixture = await fixtureFunction('export const handler = async () => { for (;;); };', {
      timeoutSeconds: 0.3,
    });

    expect(await fixture.callAndFail()).toBe('Sandbox.Timedout: Task timed out after 0.30 seconds');
  });

  test('when its processes together hold more than its memory', async () => {
    await using fixture = await fixtureFunction(
      `import { spawn } from 'node:child_process';
       export const handler = async () => {
         spawn(process.execPath, ['-e', 'globalThis.kept = Buffer.alloc(200e6, 1); setInterval(() => {}, 1000)']);
         await new Promise((r) => setTimeout(r, 4000));
       };`,
      { memoryMegabytes: 128 },
    );

    expect(await fixture.callAndFail()).toMatch(/^Runtime\.OutOfMemory: /);
  });

  test('when it exits by itself', async () => {
    await using fixture = await fixtureFunction('export const handler = async ({ code }) => process.exit(code);');

    expect(await fixture.callAndFail({ code: 7 })).toBe('Runtime.ExitError: Runtime exited with error: exit status 7');
    expect(await fixture.callAndFail({ code: 0 })).toBe('Runtime.ExitError: Runtime exited without providing a reason');
  });

  test('when it is killed from outside, busy or idle: the next invocation starts anew', async () => {
    await using fixture = await fixtureFunction(
      `export const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return process.pid; };`,
    );
    const first = (await fixture.call({ ms: 0 })) as number;
    const busy = fixture.callAndFail({ ms: 5_000 });
    await until('the function is busy', () => stateOf(first) !== 'T');
    process.kill(first, 'SIGKILL');

    expect(await busy).toBe('Runtime.ExitError: Runtime exited with error: signal: killed');

    const second = (await fixture.call({ ms: 0 })) as number;
    process.kill(second, 'SIGKILL');
    await until('the environment is gone', () => fixture.fn.environments().length === 0);

    expect(new Set([first, second, await fixture.call({ ms: 0 })]).size).toBe(3);
  });
});

test('console lines carry time, request id and level; what is written to stdout itself stays as it is', async () => {
  await using fixture = await fixtureFunction(
    `export const handler = async (event, context) => {
       console.warn('two\\nlines', { a: 1 });
       process.stdout.write('raw\\n');
       return context.awsRequestId;
     };`,
  );

  const requestId = await fixture.call();

  await until('the lines have arrived', () => fixture.lines.length === 2);
  expect(fixture.lines).toEqual([
    expect.stringMatching(new RegExp(`^\\d{4}-.*Z\t${String(requestId)}\tWARN\ttwo\rlines \\{ a: 1 \\}$`)),
    'raw',
  ]);
});
