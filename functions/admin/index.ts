import type { Context as LambdaContext } from 'aws-lambda';
import { Hono } from 'hono';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import type { AdminDeps } from './admin-deps.ts';
import { answerProblems } from './answer-problems.ts';
import { answerRoute } from './answer-route.ts';
import { authenticate } from './authenticate.ts';
import { type Bindings, beginExchange, type Serve } from './exchange.ts';
import { logRequests } from './log-requests.ts';
import { Problem } from './problem.ts';
import { ROUTES } from './routes.ts';

/**
 * The admin API, behind a function URL. Every request goes through the same guards: its line is logged, what is thrown becomes a problem,
 * the token is looked at, then the route answers.
 */
export function createAdmin(deps: AdminDeps) {
  const guarded = (serve: Serve): Serve => logRequests(deps, answerProblems(deps, authenticate(deps, serve)));
  const answers = guarded(answerRoute(deps));
  // Who has no token does not learn which paths there are.
  const refuses = guarded(async ({ http }) => {
    throw noRoute(http.req.path);
  });

  const app = new Hono<{ Bindings: Bindings }>({ strict: false });
  for (const route of ROUTES) {
    app.on(route.method.toUpperCase(), honoPath(route.path), (http) => answers(beginExchange(route, http)));
  }
  app.notFound((http) => refuses(beginExchange(null, http)));
  const answer = handle(app);
  return (event: LambdaEvent, context: LambdaContext) => answer(event, context);
}

function noRoute(path: string): Problem {
  const methods = ROUTES.filter((route) => pattern(route.path).test(path)).map(({ method }) => method.toUpperCase());
  if (methods.length === 0) return new Problem('not_found', `There is no ${path}`);
  const allow = methods.join(', ');
  return new Problem('method_not_allowed', `Allowed are ${allow}`, { headers: { allow } });
}

/** As Hono writes it: `:id`, and without the last slash, which it takes off requests. */
function honoPath(path: string): string {
  return path.replace(/\/$/, '').replaceAll(/\{(\w+)\}/g, ':$1');
}

function pattern(path: string): RegExp {
  const source = path
    .replace(/\/$/, '')
    .replaceAll('.', '\\.')
    .replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}/?$`);
}
