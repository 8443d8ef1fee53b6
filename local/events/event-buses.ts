import { randomUUID } from 'node:crypto';
import type { Clock } from '../time/clock.ts';

/** An event as rules see it and targets get it. */
export interface BusEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  /** ISO 8601, whole seconds. */
  time: string;
  region: string;
  resources: string[];
  detail: unknown;
}

export interface RuleTarget {
  id: string;
  /** A function of this stack, or a queue. */
  arn: string;
  /** JSON text that the target gets instead of the event. */
  input?: string;
  /** The part of the event that the target gets instead of the whole. */
  selectInput?: (event: unknown) => unknown;
  /** A queue, for events that could not be handed to the target. */
  deadLetterArn?: string;
}

export interface Rule {
  name: string;
  arn: string;
  busName: string;
  enabled: boolean;
  targets: RuleTarget[];
  /** Whether the rule is for an event of its bus. */
  matches?: (event: BusEvent) => boolean;
  /** As the template has it: `rate(…)` or `cron(…)`. */
  schedule?: string;
  /** When a rule with a schedule is next due after a time; `undefined` when never again. */
  nextAfter?: (time: number) => number | undefined;
}

export interface EventBusesOptions {
  clock: Clock;
  region: string;
  accountId: string;
  /** Hands an event to a target. Rejects when something is wrong with the stack itself. */
  deliver(rule: Rule, target: RuleTarget, event: BusEvent): Promise<void>;
  onProblem(problem: string): void;
}

export type BusListener = (busName: string, event: BusEvent) => void;

export interface EventBuses {
  /** Makes a bus and gives its ARN. The bus `default` is always there. */
  addBus(name: string): string;
  /** The name of a bus given by name or ARN; `undefined` when there is none. */
  findBus(nameOrArn: string): string | undefined;
  addRule(rule: Rule): void;
  /** The rules of a bus. */
  rulesOf(busName: string): Rule[];
  /** Switches a rule on or off; says whether there is one. */
  enable(ruleName: string, busName: string, enabled: boolean): boolean;
  /** Puts an event on a bus: every enabled rule that matches hands it to its targets. Gives the event's id. */
  put(
    busName: string,
    event: Pick<BusEvent, 'source' | 'detail-type' | 'detail' | 'resources'> & { time?: number },
  ): string;
  /** Gives a function that ends the subscription. */
  subscribe(listener: BusListener): () => void;
  /** Starts the schedules. */
  start(): void;
  stop(): Promise<void>;
}

/** Keeps EventBridge's buses, their rules, and the schedules. */
export function createEventBuses(options: EventBusesOptions): EventBuses {
  const { clock, region, accountId, onProblem } = options;
  const buses = new Set(['default']);
  const rules = new Map<string, Rule>();
  const listeners = new Set<BusListener>();
  const deliveries = new Set<Promise<void>>();
  const planned = new Map<Rule, () => void>();
  const detach = clock.attach({
    underWay: () => (deliveries.size > 0 ? `${deliveries.size} deliveries of EventBridge` : undefined),
  });
  const arnOf = (name: string) => `arn:aws:events:${region}:${accountId}:event-bus/${name}`;
  const keyOf = (busName: string, ruleName: string) => `${busName}/${ruleName}`;

  function trigger(rule: Rule, event: BusEvent): void {
    for (const target of rule.targets) {
      const delivery = options
        .deliver(rule, target, event)
        .catch((error: unknown) => onProblem(`${rule.name} could not reach its target ${target.id}: ${String(error)}`))
        .finally(() => deliveries.delete(delivery));
      deliveries.add(delivery);
    }
  }

  function plan(rule: Rule): void {
    const time = rule.nextAfter?.(clock.now());
    if (time === undefined) return;
    const cancel = clock.at(time, () => {
      // What fell due while this machine slept is not made up for.
      plan(rule);
      if (!rule.enabled) return;
      trigger(
        rule,
        makeEvent({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {}, resources: [rule.arn], time }),
      );
    });
    planned.set(rule, cancel);
  }

  function makeEvent(parts: Parameters<EventBuses['put']>[1]): BusEvent {
    const { time = clock.now(), source, detail, resources } = parts;
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': parts['detail-type'],
      source,
      account: accountId,
      time: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'),
      region,
      resources,
      detail,
    };
  }

  return {
    addBus(name) {
      buses.add(name);
      return arnOf(name);
    },
    findBus: (nameOrArn) => [...buses].find((name) => name === nameOrArn || arnOf(name) === nameOrArn),
    addRule: (rule) => void rules.set(keyOf(rule.busName, rule.name), rule),
    rulesOf: (busName) => [...rules.values()].filter((rule) => rule.busName === busName),
    enable(ruleName, busName, enabled) {
      const rule = rules.get(keyOf(busName, ruleName));
      if (rule !== undefined) rule.enabled = enabled;
      return rule !== undefined;
    },
    put(busName, parts) {
      const event = makeEvent(parts);
      for (const listener of listeners) listener(busName, event);
      for (const rule of rules.values()) {
        if (rule.busName === busName && rule.enabled && rule.matches?.(event) === true) trigger(rule, event);
      }
      return event.id;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start() {
      for (const rule of rules.values()) plan(rule);
    },
    async stop() {
      for (const cancel of planned.values()) cancel();
      await Promise.all(deliveries);
      detach();
    },
  };
}
