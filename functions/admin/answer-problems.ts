import type { Exchange, Serve } from './exchange.ts';
import { Problem, problemBody } from './problem.ts';
import { problemOfRefusal } from './refusal-problem.ts';
import { problemOfSource } from './source-problem.ts';

export interface AnswerProblemsDeps {
  /** Told of what is a fault of ours, and not the client's. */
  onFault(error: unknown, requestId: string): void;
}

/** Makes an answer of whatever is thrown. What is no Problem is a fault, of which the client learns nothing but the request id. */
export function answerProblems({ onFault }: AnswerProblemsDeps, serve: Serve): Serve {
  return async (exchange) => {
    try {
      return await serve(exchange);
    } catch (error) {
      const problem =
        error instanceof Problem ? error : (problemOfRefusal(error) ?? problemOfSource(error) ?? problemOfFault(error));
      if (problem.status >= 500) onFault(error, exchange.requestId);
      return problemAnswer(problem, exchange);
    }
  };
}

function problemAnswer(problem: Problem, { requestId }: Exchange): Response {
  return new Response(JSON.stringify(problemBody(problem, requestId)), {
    status: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json' },
  });
}

function problemOfFault(error: unknown): Problem {
  const { name } = error as { name?: string };
  if (name === 'ConditionalCheckFailedException' || name === 'TransactionCanceledException') {
    return new Problem('conflict', 'It was changed by somebody else meanwhile; read it again', { cause: error });
  }
  if (!isOfService(error))
    return new Problem('internal_error', 'Something went wrong here; the log has it', { cause: error });
  const headers = { 'retry-after': '1' };
  return new Problem('unavailable', 'What things are stored in does not answer; try again', { headers, cause: error });
}

/** Whether AWS, or the way there, is in it somewhere. */
function isOfService(error: unknown): boolean {
  const { name, cause, $metadata } = (error ?? {}) as { name?: string; cause?: unknown; $metadata?: unknown };
  return $metadata !== undefined || name === 'TimeoutError' || (cause !== undefined && isOfService(cause));
}
