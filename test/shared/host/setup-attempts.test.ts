import { describe, expect, it } from 'vitest';
import { followRegistry } from '../../../shared/host/follow-registry.ts';
import { nextSetupAttempt } from '../../../shared/host/setup-attempts.ts';
import type { PluginConfig, SetupAttempts } from '../../../shared/registry/plugin-config.ts';
import { createSharedStatus } from '../../support/shared-status.ts';

const DEADLINE = 60_000;
const LATER = { hook: 'setupPlugin', name: 'RetryError', message: 'later', retry: true };

/** Execution environments of one deployment, which share a registry with one plugin config. */
function deployment() {
  const world = {
    now: 0,
    version: 1,
    enabled: true,
    revision: 7,
    /** Whether `setupPlugin` asks to be tried again. */
    fails: true,
    /** How an environment ends in the middle of an attempt. */
    dies: false,
    /** Times at which setupPlugin was called, anywhere. */
    tries: [] as number[],
    refused: [] as string[],
  };
  const status = createSharedStatus(() => void world.version++);
  const config = (): PluginConfig => ({
    id: 1,
    teamId: 1,
    plugin: { id: 1, name: 'Plugin', codeHash: 'hash' },
    enabled: world.enabled,
    revision: world.revision,
    order: 1,
    config: {},
    attachments: {},
  });
  const start = (registry: Partial<Parameters<typeof followRegistry>[0]['registry']> = {}) => {
    let running: unknown = null;
    const follower = followRegistry({
      registry: {
        readVersion: async () => world.version,
        readAll: async () => ({
          version: world.version,
          projects: [{ id: 1, name: 'One' }],
          pluginConfigs: [status.join(config())],
        }),
        readCode: async () => 'code',
        readAttachment: async () => Buffer.alloc(0),
        openSecrets: async () => ({}),
        recordError: async () => {},
        async disable(_, revision) {
          if (revision !== world.revision) return;
          world.enabled = false;
          world.version++;
        },
        ...status.setups,
        ...registry,
      },
      host: {
        async install({ plugins: [plugin], onLoad }) {
          if (plugin === undefined || plugin === running) return;
          running = plugin;
          world.tries.push(world.now / 1000);
          // Others go on meanwhile.
          await new Promise((resolve) => setImmediate(resolve));
          if (world.dies) throw new Error('killed');
          await onLoad({ id: 1, ...(world.fails && { error: LATER }) });
        },
        tearDown: async () => {},
      },
      instanceId: 'one',
      now: () => world.now,
      log: () => {},
      onReport: async () => {},
      warn: (message) => void world.refused.push(message),
    });
    return follower;
  };
  const environments = Array.from({ length: 10 }, () => start());
  return {
    world,
    environments,
    start,
    /** Lets every environment have a batch each second. */
    async run(seconds: number, taking = environments) {
      for (const end = world.now + seconds * 1000; world.now < end; world.now += 1000) {
        await Promise.all(taking.map((follower) => follower.refresh(DEADLINE)));
      }
    },
  };
}

describe('ten environments together', () => {
  it('try ten times in 25.5 minutes when they come one after the other, then the plugin config is disabled', async () => {
    const { world, environments, run } = deployment();

    await run(1, environments.slice(0, 1));
    await run(3600);

    const delays = world.tries.slice(1).map((at, index) => at - (world.tries[index] as number));
    expect(delays).toEqual([3, 6, 12, 24, 48, 96, 192, 384, 768]);
    expect(world.enabled).toBe(false);
  });

  it('count the tries of those that meet a new plugin config at the same moment as one attempt', async () => {
    const { world, run } = deployment();

    await run(3600);

    expect(world.tries.filter((at) => at === 0)).toHaveLength(10);
    expect(world.tries.filter((at) => at > 0)).toEqual([3, 9, 21, 45, 93, 189, 381, 765, 1533]);
    expect(world.enabled).toBe(false);
  });

  it('all set the plugin up as soon as one of them has succeeded', async () => {
    const { world, run } = deployment();
    await run(4);
    expect(world.tries.filter((at) => at === 3)).toHaveLength(1);

    world.fails = false;
    await run(7);

    expect(world.tries.filter((at) => at === 9 || at === 10)).toHaveLength(10);
    await run(100);
    expect(world.tries.filter((at) => at > 10)).toEqual([]);
  });

  it('begin anew, at once, when the plugin config is changed', async () => {
    const { world, run } = deployment();
    await run(100);
    world.tries = [];

    world.revision++;
    world.version++;
    await run(4);

    expect(world.tries.map((at) => at - 100)).toEqual([...Array.from({ length: 10 }, () => 0), 3]);
  });
});

describe('an environment that dies in the middle of an attempt', () => {
  it('has used the attempt up, and the next one is made when it is due, by another', async () => {
    const { world, environments, run } = deployment();
    const [first, second] = environments as [(typeof environments)[0], (typeof environments)[0]];
    await run(3, [first]);

    world.dies = true;
    await expect(first.refresh(DEADLINE)).rejects.toThrow('killed');
    world.dies = false;
    await run(30, [second]);

    expect(world.tries).toEqual([0, 3, 9, 21]);
  });

  it('in the last one leaves it to another to disable the plugin config', async () => {
    const { world, environments, run } = deployment();
    const [first, second] = environments as [(typeof environments)[0], (typeof environments)[0]];
    await run(1533, [first]);

    world.dies = true;
    await expect(first.refresh(DEADLINE)).rejects.toThrow('killed');
    await run(760, [second]);
    expect(world.enabled).toBe(true);
    await run(10, [second]);

    expect(world.tries).toHaveLength(10);
    expect(world.enabled).toBe(false);
  });
});

it('a cold start in between waits for the time that the others wait for', async () => {
  const { world, environments, start, run } = deployment();
  await run(1, environments.slice(0, 1));

  await run(2, [start()]);

  expect(world.tries).toEqual([0]);
});

it('an environment in which the plugin runs goes on when it fails in another', async () => {
  const { world, environments, start, run } = deployment();
  world.fails = false;
  await run(1, environments.slice(0, 1));

  world.fails = true;
  await run(1, [start()]);
  world.version++;
  await run(60, environments.slice(0, 1));

  expect(world.tries).toEqual([0, 1]);
});

it('a registry that takes no attempts keeps the plugin waiting, and no event', async () => {
  const { world, start, run } = deployment();
  const refuse = () => Promise.reject(new Error('throttled'));

  await run(10, [start({ recordFirstFailure: refuse, claimAttempt: refuse })]);

  expect(world.tries).toEqual([0]);
  expect(world.refused).toContain('The registry did not take an attempt to set it up: throttled');
});

describe('the plan of attempts', () => {
  it('is ten attempts within 25.5 minutes', () => {
    const waits: number[] = [];
    let attempts: Omit<SetupAttempts, 'nextAt'> = { revision: 1, made: 0 };
    while (attempts.made < 9) {
      const next = nextSetupAttempt(attempts, 1000);
      waits.push(next.nextAt - 1000);
      attempts = next;
    }

    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(25.55 * 60_000);
  });
});
