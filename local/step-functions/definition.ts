import type { PropertyRules } from '../template/property-rule.ts';
import { problemsOfProperties } from '../template/property-rule.ts';
import type { ChoiceRule } from './choose.ts';
import { problemsOfChoice } from './choose.ts';
import { problemsOfTemplate } from './payload-template.ts';
import { parsePath } from './reference-path.ts';

/** A state machine, or a branch of one, in the Amazon States Language with JSONPath. */
export interface Definition {
  StartAt: string;
  States: Record<string, State>;
  TimeoutSeconds?: number;
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  BackoffRate?: number;
  MaxAttempts?: number;
  MaxDelaySeconds?: number;
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  ResultPath?: string | null;
}

/** A state; which fields it has depends on its type. */
export interface State {
  Type: 'Task' | 'Pass' | 'Wait' | 'Choice' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';
  Next?: string;
  End?: boolean;
  InputPath?: string | null;
  OutputPath?: string | null;
  ResultPath?: string | null;
  Parameters?: unknown;
  ResultSelector?: unknown;
  Retry?: Retrier[];
  Catch?: Catcher[];
  Resource?: string;
  TimeoutSeconds?: number;
  Result?: unknown;
  Seconds?: number;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
  Choices?: ChoiceRule[];
  Default?: string;
  Error?: string;
  Cause?: string;
  ErrorPath?: string;
  CausePath?: string;
  Branches?: Definition[];
  ItemsPath?: string;
  ItemSelector?: unknown;
  ItemProcessor?: Definition;
  Iterator?: Definition;
  MaxConcurrency?: number;
}

const honoured = { honoured: 'as Step Functions does' };
const input: PropertyRules = {
  Type: honoured,
  Comment: { accepted: 'for people' },
  QueryLanguage: { honoured: 'paths and payload templates', only: ['JSONPath'] },
  InputPath: honoured,
  OutputPath: honoured,
};
const flow: PropertyRules = { Next: honoured, End: honoured };
const result: PropertyRules = { Parameters: honoured, ResultSelector: honoured, ResultPath: honoured };
const failure: PropertyRules = {
  Retry: {
    honoured: 'waits are the clock’s',
    of: {
      ErrorEquals: honoured,
      IntervalSeconds: honoured,
      BackoffRate: honoured,
      MaxAttempts: honoured,
      MaxDelaySeconds: honoured,
      JitterStrategy: { honoured: 'no chance in a wait', only: ['NONE'] },
      Comment: { accepted: 'for people' },
    },
  },
  Catch: {
    honoured: 'as Step Functions does',
    of: { ErrorEquals: honoured, Next: honoured, ResultPath: honoured, Comment: { accepted: 'for people' } },
  },
};
const nested = { honoured: 'states as in the state machine itself' };

/** The fields that a state of each type may have here. */
export const STATE_RULES: Readonly<Record<State['Type'], PropertyRules>> = {
  Task: {
    ...input,
    ...flow,
    ...result,
    ...failure,
    Resource: { honoured: 'a function of this stack, by its ARN or by `arn:aws:states:::lambda:invoke`' },
    TimeoutSeconds: { honoured: 'then the attempt fails with `States.Timeout`; the function itself runs on' },
  },
  Pass: { ...input, ...flow, Result: honoured, Parameters: honoured, ResultPath: honoured },
  Wait: { ...input, ...flow, Seconds: honoured, SecondsPath: honoured, Timestamp: honoured, TimestampPath: honoured },
  Choice: { ...input, Choices: honoured, Default: honoured },
  Succeed: input,
  Fail: {
    Type: honoured,
    Comment: { accepted: 'for people' },
    QueryLanguage: input['QueryLanguage'] as never,
    Error: honoured,
    Cause: honoured,
    ErrorPath: honoured,
    CausePath: honoured,
  },
  Parallel: { ...input, ...flow, ...result, ...failure, Branches: nested },
  Map: {
    ...input,
    ...flow,
    ...result,
    ...failure,
    ItemsPath: honoured,
    ItemSelector: honoured,
    ItemProcessor: nested,
    Iterator: nested,
    MaxConcurrency: { honoured: 'items at once; 40 when it is 0 or not given' },
  },
};

const DEFINITION_RULES: PropertyRules = {
  StartAt: honoured,
  States: honoured,
  TimeoutSeconds: honoured,
  Comment: { accepted: 'for people' },
  Version: { accepted: 'there is one', only: ['1.0'] },
  QueryLanguage: input['QueryLanguage'] as never,
  ProcessorConfig: {
    honoured: 'items run within the execution',
    of: { Mode: { honoured: 'within', only: ['INLINE'] } },
  },
};

const PATHS = [
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'ErrorPath',
  'CausePath',
] as const;
const TEMPLATES = ['Parameters', 'ResultSelector', 'ItemSelector'] as const;

/** The definitions within a state. */
export function nestedDefinitions(state: State): Definition[] {
  return [...(state.Branches ?? []), ...[state.ItemProcessor ?? state.Iterator ?? []].flat()];
}

/**
 * Lists everything in a definition that the local stack does not honour, or that Step Functions would refuse.
 *
 * @param checkTask gives what is wrong with a Task state's resource
 */
export function problemsOfDefinition(
  definition: Definition,
  checkTask: (state: State) => string[],
  place = '',
): string[] {
  const { StartAt, States } = definition;
  const at = (name: string) => (place === '' ? name : `${place} / ${name}`);
  return [
    ...problemsOfProperties(definition as unknown as Record<string, unknown>, DEFINITION_RULES, place || 'definition'),
    ...(Object.hasOwn(States, StartAt) ? [] : [`${place || 'definition'}: StartAt is ${StartAt}, which is no state`]),
    ...Object.entries(States).flatMap(([name, state]) =>
      problemsOfState(state, at(name), Object.keys(States), checkTask),
    ),
  ];
}

function problemsOfState(
  state: State,
  place: string,
  names: string[],
  checkTask: (state: State) => string[],
): string[] {
  const rules = Object.hasOwn(STATE_RULES, state.Type) ? STATE_RULES[state.Type] : undefined;
  if (rules === undefined) {
    return [
      `${place}: state type ${state.Type} is not honoured here; known here: ${Object.keys(STATE_RULES).join(', ')}`,
    ];
  }
  const next = [
    state.Next,
    state.Default,
    ...(state.Catch ?? []).map(({ Next }) => Next),
    ...(state.Choices ?? []).map(({ Next }) => Next),
  ];
  const pathProblems = PATHS.flatMap((field) => {
    try {
      if (typeof state[field] === 'string') parsePath(state[field]);
      return [];
    } catch (error) {
      return [`${place}: ${field}: ${(error as Error).message}`];
    }
  });
  const hasEnd = ['Choice', 'Succeed', 'Fail'].includes(state.Type) || state.End === true || state.Next !== undefined;
  return [
    ...problemsOfProperties(state as unknown as Record<string, unknown>, rules, place),
    ...pathProblems,
    ...TEMPLATES.flatMap((field) => problemsOfTemplate(state[field], `${place}.${field}`)),
    ...(state.Choices ?? []).flatMap((rule) => problemsOfChoice(rule, place)),
    ...next
      .filter((name) => name !== undefined && !names.includes(name))
      .map((name) => `${place}: ${name} is no state`),
    ...(hasEnd ? [] : [`${place}: has neither Next nor End`]),
    ...(state.Type === 'Task' ? checkTask(state).map((problem) => `${place}: ${problem}`) : []),
    ...nestedDefinitions(state).flatMap((each) => problemsOfDefinition(each, checkTask, place)),
  ];
}
