import { describe, expect, it } from 'vitest';
import { createHttpStubs } from '../../../cli/test/http-stubs.ts';
import { parseScenario } from '../../../cli/test/read-scenario.ts';

function stubsOf(...fetch: object[]) {
  const { requests, answer } = createHttpStubs(parseScenario({ fetch }).fetch);
  return {
    requests,
    ask: (url: string, method = 'GET') => answer({ method, url, headers: {}, bodyBase64: null }),
  };
}
const answered = { status: 200, statusText: 'OK' };

describe('a stub', () => {
  it('answers with status 200, its reason phrase and no body, when it says nothing else', () => {
    const { ask } = stubsOf({ url: 'https://x.io/' });

    expect(ask('https://x.io/')).toEqual({ ...answered, headers: {}, body: '' });
  });

  it.each([
    [404, 'Not Found'],
    [201, 'Created'],
    [503, 'Service Unavailable'],
  ])('with status %i has the reason phrase %s', (status, statusText) => {
    const { ask } = stubsOf({ url: '*', status });

    expect(ask('https://x.io/')).toMatchObject({ status, statusText });
  });

  it('answers JSON, also null and false, as JSON', () => {
    const { ask } = stubsOf({ url: '*/null', json: null }, { url: '*/false', json: false });

    expect(ask('https://x.io/null')).toMatchObject({ body: 'null', headers: { 'content-type': 'application/json' } });
    expect(ask('https://x.io/false')).toMatchObject({ body: 'false' });
  });

  it('keeps the headers it is given', () => {
    const { ask } = stubsOf({ url: '*', headers: { 'Content-Type': 'text/csv', 'X-Left': 3 }, json: [] });

    expect(ask('https://x.io/')).toMatchObject({ headers: { 'content-type': 'text/csv', 'x-left': '3' } });
  });

  it.each([
    ['https://x.io/*', 'https://x.io/', true],
    ['https://x.io/*', 'https://x.io/a/b?c=d', true],
    ['https://x.io/a*c', 'https://x.io/abbb/c', true],
    ['https://x.io/a', 'https://x.io/a?b=c', false],
    ['https://x.io/a?b=c', 'https://x.io/a?b=c', true],
    ['https://x.io/a?b=c', 'https://x.io/axb=c', false],
    ['https://x.io/a.b', 'https://x.io/aXb', false],
    ['https://x.io/a+b(c)[d]', 'https://x.io/a+b(c)[d]', true],
    ['https://x.io/$me^', 'https://x.io/$me^', true],
    ['https://x.io/A', 'https://x.io/a', false],
    ['https://x.io', 'https://x.io/', true],
    ['x.io/a', 'https://x.io/a', false],
    ['*', 'https://x.io/anything', true],
  ])('for %s takes %s: %s', (url, asked, matches) => {
    const { ask } = stubsOf({ url, text: 'found' });

    expect('body' in ask(asked)).toBe(matches);
  });

  it('without method answers any, otherwise its own in whatever case', () => {
    const { ask } = stubsOf({ url: '*', method: 'post', text: 'posted' }, { url: '*', text: 'any' });

    expect(ask('https://x.io/', 'POST')).toMatchObject({ body: 'posted' });
    expect(ask('https://x.io/', 'PUT')).toMatchObject({ body: 'any' });
  });

  it('answers as often as it says, then the next that fits does', () => {
    const { ask } = stubsOf(
      { url: '*', times: 2, text: 'first' },
      { url: '*', times: 0, text: 'never' },
      { url: '*', text: 'rest' },
    );

    expect([1, 2, 3, 4].map(() => (ask('https://x.io/') as { body: string }).body)).toEqual([
      'first',
      'first',
      'rest',
      'rest',
    ]);
  });

  it('may fail with a message', () => {
    const { ask } = stubsOf({ url: '*', error: 'socket hang up' });

    expect(ask('https://x.io/')).toEqual({ error: 'socket hang up' });
  });
});

describe('a request that no stub answers', () => {
  it('is refused with a stub to paste, and listed', () => {
    const { ask, requests } = stubsOf();

    const { error } = ask('https://x.io/a?b=c', 'POST') as { error: string };

    expect(error).toContain('POST https://x.io/a?b=c');
    const [stub] = /\{.*\}$/.exec(error) as RegExpExecArray;
    expect('body' in stubsOf(JSON.parse(stub) as object).ask('https://x.io/a?b=c', 'POST')).toBe(true);
    expect(requests).toEqual([{ method: 'POST', url: 'https://x.io/a?b=c', headers: {}, body: null }]);
  });
});
