import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceError } from '../../../shared/sources/source-error.ts';
import { takeFolder, takeUpload } from '../../../shared/sources/take-upload.ts';
import { tgzOf } from '../../support/source-servers/make-tar.ts';
import { zipOf } from '../../support/source-servers/make-zip.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';

const FILES = { 'plugin.json': '{"name":"Archive"}' };

let sites: SourceSitesOnLoopback;
beforeAll(async () => {
  sites = await startSourceSites();
});
afterAll(() => sites[Symbol.asyncDispose]());

async function fetchFrom(text: string) {
  const sources = sites.sources();
  const { source, privateToken } = sources.parse(text);
  return sources.fetch(source, privateToken);
}

async function refusal(fetching: Promise<unknown>): Promise<SourceError> {
  return fetching.then(
    () => expect.unreachable('it was fetched'),
    (error: unknown) => error as SourceError,
  );
}

describe('an archive at a URL', () => {
  it.each([
    ['plugin.zip', zipOf(FILES)],
    ['plugin.tgz', tgzOf(FILES, 'package/')],
    ['plugin.tar.gz', tgzOf(FILES)],
    // What it is called says nothing about what it is.
    ['misnamed.zip', tgzOf(FILES)],
  ])('%s is a version by its content', async (name, body) => {
    sites.files.answers.set(`/${name}`, { body });

    const { marker, label, files } = await fetchFrom(`${sites.files.url}/${name}`);

    expect(marker).toBe(`sha256:${createHash('sha256').update(body).digest('hex')}`);
    expect(marker).toContain(label);
    expect([...files.keys()]).toEqual(['plugin.json']);
  });

  it('is asked for with the private token, as long as it is this host that asks', async () => {
    const { files, github } = sites;
    const { codeload } = github;
    codeload.faults.push({ on: '/moved.zip', answer: { body: zipOf(FILES) } });
    files.answers.set('/first.zip', { status: 302, headers: { location: '/second.zip' } });
    files.answers.set('/second.zip', {
      status: 307,
      headers: { location: `${codeload.url}/moved.zip?pass=planted-pass` },
    });
    const before = files.seen.length;

    await fetchFrom(`${files.url}/first.zip?private_token=planted`);

    expect(files.seen.slice(before).map(({ path, token }) => [path, token])).toEqual([
      ['/first.zip', 'planted'],
      ['/second.zip', 'planted'],
    ]);
    expect(codeload.seen.at(-1)).toMatchObject({ path: '/moved.zip?pass=planted-pass', token: null });
  });

  it('that leads away and back again is not given the token back', async () => {
    const { files, github } = sites;
    github.codeload.faults.push({
      on: '/away',
      answer: { status: 302, headers: { location: `${files.url}/back.zip` } },
    });
    files.answers.set('/there.zip', { status: 302, headers: { location: `${github.codeload.url}/away` } });
    files.answers.set('/back.zip', { body: zipOf(FILES) });

    await fetchFrom(`${files.url}/there.zip?private_token=planted`);

    expect(files.seen.at(-1)).toMatchObject({ path: '/back.zip', token: null });
  });

  it('that is a page for signing in is named as one', async () => {
    sites.files.answers.set('/page.zip', { body: '<!DOCTYPE html><title>Sign in' });

    expect((await refusal(fetchFrom(`${sites.files.url}/page.zip`))).message).toContain('it is a web page');
  });

  it('that is not there says so, without the parameters of its URL', async () => {
    const error = await refusal(fetchFrom(`${sites.files.url}/none.zip?state=planted`));

    expect(error.code).toBe('not_found');
    expect(error.message).toContain(`There is no archive ${sites.files.host}/none.zip, or it is private`);
    expect(error.message).not.toContain('planted');
  });

  it('without announced length is counted while it comes', async () => {
    const body = Buffer.concat([Buffer.from('PK'), Buffer.alloc(33 * 1024 * 1024)]);
    sites.files.answers.set('/endless.zip', { body, isChunked: true });

    expect((await refusal(fetchFrom(`${sites.files.url}/endless.zip`))).code).toBe('too_large');
  });

  it('cut short without announced length is refused as well', async () => {
    const cut = { body: 'PK'.repeat(500), isChunked: true, cutAfterBytes: 300 };
    sites.files.answers.set('/cut.zip', cut);

    expect((await refusal(fetchFrom(`${sites.files.url}/cut.zip`))).code).toBe('damaged');
  });
});

describe('an upload', () => {
  it('is a version by its content, too', async () => {
    const fetched = await takeUpload(zipOf(FILES, 'my-plugin/'), 'my-plugin.zip');

    expect(fetched).toMatchObject({ source: { kind: 'upload', name: 'my-plugin.zip' }, etag: null });
    expect([...fetched.files.keys()]).toEqual(['plugin.json']);
  });

  it('of a folder is the same version in whatever order its files are read', () => {
    const [one, other] = [
      takeFolder(
        new Map([
          ['a', 'x'],
          ['b', 'y'],
        ]),
        'mine',
      ),
      takeFolder(
        new Map([
          ['b', 'y'],
          ['a', 'x'],
        ]),
        'mine',
      ),
    ];

    expect(other.marker).toBe(one.marker);
    expect(
      takeFolder(
        new Map([
          ['a', 'y'],
          ['b', 'x'],
        ]),
        'mine',
      ).marker,
    ).not.toBe(one.marker);
  });

  it('cannot be fetched again', async () => {
    const error = await refusal(sites.sources().fetch({ kind: 'upload', name: 'x.zip' }));

    expect(error.message).toContain('install the file again');
  });
});
