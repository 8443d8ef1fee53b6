import type { FaultKind } from './fault-kinds.ts';
import type { RequestName } from './name-request.ts';

/** One place at which a function can be hit: the n-th time, within a run, that it makes such a request. */
export interface Step extends RequestName {
  functionName: string;
  /** From 1. */
  occurrence: number;
}

/** A step, and what happens at it. */
export interface Fault {
  step: string;
  kind: FaultKind;
}

/** Knows which steps functions take in a run, and at which one there is a fault. */
export interface Conductor {
  /** Begins a run: steps are counted anew. Without a fault all goes well. */
  begin(fault?: Fault): void;
  /** Steps are not counted any more, and nothing happens to them. */
  end(): void;
  /**
   * A function is about to take a step.
   *
   * @param callId the same for all attempts of one call
   * @returns what happens to it
   */
  meet(functionName: string, name: RequestName, callId: string | undefined): FaultKind | null;
  /** Steps of this run so far, each once. */
  steps(): Step[];
  /** The step at which the fault was, and what it was; null before it was reached. */
  struck(): { step: Step; kind: FaultKind } | null;
}

export function stepName({ functionName, service, operation, target, occurrence }: Step): string {
  return `${functionName} ${service}.${operation}${target === '' ? '' : ` ${target}`} #${occurrence}`;
}

export function createConductor(): Conductor {
  let isRunning = false;
  let fault: Fault | undefined;
  let struck: { step: Step; kind: FaultKind; callId: string | undefined } | null = null;
  let steps: Step[] = [];
  let counts = new Map<string, number>();
  const known = new Set<string>();

  return {
    begin(next) {
      isRunning = true;
      fault = next;
      struck = null;
      steps = [];
      counts = new Map();
    },
    end: () => void (isRunning = false),
    meet(functionName, name, callId) {
      // Attempts of a call of an earlier run are none of this one.
      const isRepeated = callId !== undefined && known.has(callId);
      if (callId !== undefined) known.add(callId);
      if (!isRunning) return null;
      if (isRepeated) return fault?.kind === 'fails' && struck?.callId === callId ? fault.kind : null;

      const same = `${functionName} ${name.service}.${name.operation} ${name.target}`;
      const occurrence = (counts.get(same) ?? 0) + 1;
      counts.set(same, occurrence);
      const step = { functionName, ...name, occurrence };
      steps.push(step);
      if (fault === undefined || struck !== null || stepName(step) !== fault.step) return null;
      struck = { step, kind: fault.kind, callId };
      return fault.kind;
    },
    steps: () => [...steps],
    struck: () => struck,
  };
}
