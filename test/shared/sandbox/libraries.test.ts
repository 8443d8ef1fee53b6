import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, startPostgres, startPubSub, type TestServer } from '../../support/library-servers.ts';
import { createPluginCalls, type PluginCalls } from '../../support/plugin-calls.ts';

const CLOUD = `endpoint: 'http://127.0.0.1:' + config.port`;
const GOOGLE = `projectId: 'p', apiEndpoint: 'http://127.0.0.1:' + config.port, credentials: { client_email: 'a@b', private_key: 'k' }`;

let cloud: Awaited<ReturnType<typeof startCloud>>;
let pubsub: Awaited<ReturnType<typeof startPubSub>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let open: PluginCalls;
let guarded: PluginCalls;

beforeAll(async () => {
  [cloud, pubsub, postgres] = await Promise.all([startCloud(), startPubSub(), startPostgres()]);
  const settings = { hookTimeoutSeconds: 10, heapMegabytes: 300 };
  open = createPluginCalls({ ...settings, allowPrivateNetworks: true });
  guarded = createPluginCalls(settings);
});
afterAll(async () => {
  await Promise.all([open.host.stop(), guarded.host.stop()]);
  for (const server of [cloud, pubsub, postgres]) server.close();
});

/** What a body returns that runs in a plugin, where it finds the port as `config.port`. */
async function resultOf(body: string, { port }: TestServer = cloud, calls = open): Promise<unknown> {
  const { result, batch } = await calls.run(body, { plugin: { config: { port } } });
  expect(batch.errors).toEqual([]);
  return result;
}

describe('a library in a plugin', () => {
  it('generic-pool makes, lends and destroys', async () => {
    const body = `const made = []; const gone = [];
      const pool = require('generic-pool').createPool({ create: async () => made.push('a'), destroy: async (one) => void gone.push(one) }, { max: 1 });
      const first = await pool.acquire(); await pool.release(first);
      const used = await pool.use(async (one) => one + 1);
      await pool.drain(); await pool.clear();
      return { first, used, gone };`;

    expect(await resultOf(body)).toEqual({ first: 1, used: 2, gone: [1] });
  });

  it('faker invents the same for the same seed, in any language', async () => {
    const body = `const faker = require('faker'); const invent = () => { faker.seed(7); return faker.name.findName() + faker.internet.email(); };
      faker.locale = 'de'; const german = invent(); faker.locale = 'en';
      return [invent() === invent(), german !== invent(), faker.date.past() instanceof Date];`;

    expect(await resultOf(body)).toEqual([true, true, true]);
  });

  it('jsonwebtoken signs and verifies, with a secret and with a key', async () => {
    const body = `const jwt = require('jsonwebtoken'); const { privateKey, publicKey } = require('crypto').generateKeyPairSync('rsa', { modulusLength: 2048 });
      const outcome = (token, key) => { try { return jwt.verify(token, key).sub; } catch (error) { return [error.name, error.message, error instanceof Error, error instanceof jwt.JsonWebTokenError]; } };
      const secret = jwt.sign({ sub: 's' }, 'secret', { expiresIn: '1h' });
      const rsa = jwt.sign({ sub: 'r' }, privateKey.export({ type: 'pkcs1', format: 'pem' }), { algorithm: 'RS256' });
      return [outcome(secret, 'secret'), outcome(rsa, publicKey), outcome(secret, 'other')];`;

    expect(await resultOf(body)).toEqual(['s', 'r', ['JsonWebTokenError', 'invalid signature', true, true]]);
  });

  it('stream passes through', async () => {
    const body = `const { PassThrough } = require('stream'); const through = new PassThrough(); const chunks = [];
      through.on('data', (chunk) => chunks.push(chunk));
      await new Promise((resolve) => through.on('end', resolve).end('text'));
      return Buffer.concat(chunks).toString();`;

    expect(await resultOf(body)).toBe('text');
  });

  it('aws-sdk puts and uploads to S3, by promise and by callback', async () => {
    const body = `const { S3 } = require('aws-sdk');
      const s3 = new S3({ accessKeyId: 'a', secretAccessKey: 'b', region: 'us-east-1', s3ForcePathStyle: true, ${CLOUD} });
      const put = await s3.putObject({ Bucket: 'b', Key: 'put', Body: Buffer.from('buffer') }).promise();
      await new Promise((resolve, reject) => s3.upload({ Bucket: 'b', Key: 'up', Body: 'string' }, (error) => error ? reject(error) : resolve()));
      const { PassThrough } = require('stream'); const stream = new PassThrough(); stream.end('streamed');
      await s3.upload({ Bucket: 'b', Key: 'stream', Body: stream }).promise();
      return put.ETag;`;

    expect(await resultOf(body)).toBe('"tag"');
    expect(cloud.requests.filter(({ path }) => path.startsWith('/b/'))).toEqual([
      { method: 'PUT', path: '/b/put', body: 'buffer' },
      { method: 'PUT', path: '/b/up', body: 'string' },
      { method: 'PUT', path: '/b/stream', body: 'streamed' },
    ]);
  });

  it('aws-sdk has every service, and errors of the plugin’s own kind', async () => {
    const body = `const AWS = require('aws-sdk'); const kinesis = new AWS.Kinesis({ accessKeyId: 'a', secretAccessKey: 'b', region: 'us-east-1' });
      try { await kinesis.putRecord({ Data: 5 }).promise(); } catch (error) { return [error.code, error instanceof Error]; }`;

    expect(await resultOf(body)).toEqual(['MultipleValidationErrors', true]);
  });

  it('@google-cloud/storage saves a file, and writes one as a stream', async () => {
    const body = `const { Storage } = require('@google-cloud/storage'); const bucket = new Storage({ ${GOOGLE}, useAuthWithCustomEndpoint: false }).bucket('bucket');
      await bucket.file('saved').save('{"a":1}', { resumable: false, validation: 'md5' });
      await new Promise((resolve, reject) => bucket.file('streamed').createWriteStream({ resumable: false, validation: false }).on('finish', resolve).on('error', reject).end('text'));
      return (await bucket.getMetadata())[0].name;`;

    expect(await resultOf(body)).toBe('stored');
    const uploads = cloud.requests.filter(({ path }) => path.startsWith('/upload/'));
    expect(uploads.map(({ path }) => path)).toEqual([
      expect.stringContaining('name=saved'),
      expect.stringContaining('name=streamed'),
    ]);
    expect(uploads[0]?.body).toContain('{"a":1}');
  });

  it('@google-cloud/bigquery inserts rows with dates of the plugin', async () => {
    const body = `const { BigQuery } = require('@google-cloud/bigquery');
      const client = new BigQuery({ ${GOOGLE}, autoRetry: false });
      client.authClient.getRequestHeaders = async () => ({}); client.authClient.authorizeRequest = async (options) => options;
      await client.dataset('d').table('t').insert([{ id: 1, at: new Date(0) }], { createInsertId: false });
      return 'inserted';`;

    expect(await resultOf(body)).toBe('inserted');
    const [sent] = cloud.requests.filter(({ path }) => path.includes('/insertAll'));
    expect(JSON.parse(sent?.body ?? '')).toEqual({ rows: [{ json: { id: 1, at: '1970-01-01T00:00:00.000Z' } }] });
  });

  it('@google-cloud/pubsub publishes over gRPC, imported or as the global google', async () => {
    const body = `const { PubSub } = google.cloud.pubsub;
      const client = new PubSub({ projectId: 'p', apiEndpoint: '127.0.0.1:' + config.port, emulatorMode: true });
      const id = await client.topic('t').publish(Buffer.from('an event'));
      await client.close();
      return [id, require('@google-cloud/pubsub') === google.cloud.pubsub];`;

    expect(await resultOf(body, pubsub)).toEqual(['id-1', true]);
    expect(pubsub.published).toEqual([
      expect.stringMatching(/^\/google\.pubsub\.v1\.Publisher\/Publish .*projects\/p\/topics\/t.*an event/s),
    ]);
  });

  it.each([
    ['plain', ''],
    ['encrypted', ', ssl: { rejectUnauthorized: false }'],
  ])('pg queries over a connection that is %s', async (_, ssl) => {
    const body = `const { Client } = require('pg'); const client = new Client({ host: '127.0.0.1', port: config.port, user: 'u', password: 'p', database: 'd'${ssl} });
      await client.connect(); const { rows } = await client.query('SELECT 1 AS n'); await client.end(); return rows;`;

    expect(await resultOf(body, postgres)).toEqual([{ n: 1 }]);
    expect(postgres.queries.at(-1)).toBe('SELECT 1 AS n');
  });

  it('pg keeps a pool', async () => {
    const body = `const { Pool } = require('pg'); const pool = new Pool({ host: '127.0.0.1', port: config.port, user: 'u', password: 'p', database: 'd', max: 2 });
      const all = await Promise.all([1, 2, 3].map(() => pool.query('SELECT 1 AS n'))); await pool.end(); return all.map(({ rows }) => rows[0].n);`;

    expect(await resultOf(body, postgres)).toEqual([1, 1, 1]);
  });

  it('snowflake-sdk makes a connection, and tells by a plain error that nobody answers', async () => {
    const body = `const connection = require('snowflake-sdk').createConnection({ account: 'a', username: 'u', password: 'p', accessUrl: 'http://127.0.0.1:1', sfRetryMaxLoginRetries: 1 });
      return await new Promise((resolve) => connection.connect((error) => resolve(error && [error.name, error.message, error instanceof Error])));`;

    expect(await resultOf(body)).toEqual(['NetworkError', 'Network error. Could not reach Snowflake.', true]);
  });

  it.each([
    [
      'aws-sdk',
      `await new (require('aws-sdk').S3)({ accessKeyId: 'a', secretAccessKey: 'b', region: 'r', s3ForcePathStyle: true, maxRetries: 0, ${CLOUD} }).putObject({ Bucket: 'b', Key: 'refused', Body: '' }).promise()`,
      /^UnknownEndpoint: Inaccessible host: `127\.0\.0\.1'/,
    ],
    ['pg', `await new (require('pg').Client)({ host: '127.0.0.1', port: config.port }).connect()`, /connect EACCES/],
    [
      '@google-cloud/storage',
      `await new (require('@google-cloud/storage').Storage)({ ${GOOGLE}, useAuthWithCustomEndpoint: false, retryOptions: { autoRetry: false } }).bucket('refused').getMetadata()`,
      /connect EACCES/,
    ],
  ])('%s is refused a private address by a plain error', async (_, body, expected) => {
    const before = cloud.requests.length;

    expect(await resultOf(body, cloud, guarded)).toMatch(expected);
    expect(cloud.requests.length).toBe(before);
  });

  it('finds no environment, no file and no credentials', async () => {
    const body = `const AWS = require('aws-sdk');
      const shared = new AWS.SharedIniFileCredentials({ filename: '/etc/hostname' });
      return [shared.accessKeyId, new AWS.EnvironmentCredentials('AWS').accessKeyId, AWS.config.credentials].map((one) => typeof one + String(one));`;

    expect(await resultOf(body, cloud, guarded)).toEqual(['undefinedundefined', 'undefinedundefined', 'objectnull']);
  });
});
