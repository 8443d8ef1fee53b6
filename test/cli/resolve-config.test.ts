import { describe, expect, it, test } from 'vitest';
import { resolveConfig } from '../../cli/resolve-config.ts';

const LOCAL = { url: 'http://127.0.0.1:4000/', token: 'of-local' };
const AWS = { url: 'https://x.lambda-url.eu-west-1.on.aws', token: 'of-aws' };
const file = { profiles: { local: LOCAL, aws: AWS } };

describe('where the API is', () => {
  it('is said by flags, which win over the environment and over profiles', () => {
    const found = resolveConfig({
      flags: { url: 'http://flag/api/', token: 'flag' },
      env: { HOGLET_URL: 'http://env', HOGLET_TOKEN: 'env', HOGLET_PROFILE: 'aws' },
      file: { default: 'local', ...file },
    });

    expect(found).toEqual({ url: 'http://flag/api', token: 'flag' });
  });

  test.each<[string, object, Record<string, string>, object, object]>([
    [
      'the environment',
      {},
      { HOGLET_URL: 'http://env', HOGLET_TOKEN: 'env' },
      file,
      { url: 'http://env', token: 'env' },
    ],
    ['the profile that a flag names', { profile: 'aws' }, { HOGLET_PROFILE: 'local' }, file, AWS],
    ['the profile that the environment names', {}, { HOGLET_PROFILE: 'aws' }, { default: 'local', ...file }, AWS],
    ['the default profile', {}, {}, { default: 'aws', ...file }, AWS],
    ['the only profile there is', {}, {}, { profiles: { aws: AWS } }, AWS],
    ['a profile, with another token', { profile: 'aws', token: 'other' }, {}, file, { ...AWS, token: 'other' }],
  ])('otherwise by %s', (_title, flags, env, profiles, expected) => {
    expect(resolveConfig({ flags, env, file: profiles as typeof file })).toEqual(expected);
  });

  it('never gives the token of a profile to a URL that is not the profile’s', () => {
    expect(() =>
      resolveConfig({ flags: { url: 'http://elsewhere' }, env: {}, file: { default: 'aws', ...file } }),
    ).toThrow('There is no token for http://elsewhere');
  });

  test.each<[string, object, object, string]>([
    ['no profile', {}, { profiles: {} }, 'there are none'],
    ['several profiles and none chosen', {}, file, 'there are local, aws'],
    [
      'a profile that there is not',
      { profile: 'toString' },
      file,
      'There is no profile "toString": there are local, aws.',
    ],
    [
      'a URL of another kind',
      { url: 'ftp://x', token: 't' },
      file,
      'must begin with http:// or https://; got "ftp://x"',
    ],
    ['a URL with a password', { url: 'http://u:secret@x', token: 't' }, file, 'must have no user and no password'],
  ])('is asked for when there is %s', (_title, flags, profiles, message) => {
    const attempt = () => resolveConfig({ flags, env: {}, file: profiles as typeof file });

    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow('secret@');
  });
});
