import type { IncomingHttpHeaders } from 'node:http';

/** A request as it reaches the proxy. */
export interface SeenRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What a request is for, in words that are the same in every run. */
export interface RequestName {
  /** `dynamodb`, `sqs`, `s3`, `states`, `events`, …; `lambda` for the Runtime API. */
  service: string;
  /** The operation as AWS calls it. */
  operation: string;
  /** The queue, or the table or bucket with the class of the key. */
  target: string;
}

/** By the prefix of `X-Amz-Target`, the service as endpoints spell it. */
const SERVICES: Record<string, string> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  AWSStepFunctions: 'states',
  AWSEvents: 'events',
  secretsmanager: 'secretsmanager',
};

/** Names a request to AWS. @param shortNames of tables, queues and buckets, by the names they have in the stack */
export function nameRequest(request: SeenRequest, shortNames: ReadonlyMap<string, string>): RequestName {
  const short = (name: string) => shortNames.get(name) ?? name;
  const target = String(request.headers['x-amz-target'] ?? '');
  if (target === '') return nameOfObjectRequest(request, short);
  const [prefix = '', operation = ''] = target.split('.');
  const service = SERVICES[prefix] ?? prefix.toLowerCase();
  const input = JSON.parse(request.body.toString('utf8')) as Record<string, unknown>;
  return { service, operation, target: targetOf(input, short) };
}

function targetOf(input: Record<string, unknown>, short: (name: string) => string): string {
  const { TableName, RequestItems, QueueUrl } = input as Record<string, string | Record<string, unknown> | undefined>;
  if (typeof TableName === 'string') return `${short(TableName)}:${keyClass(input)}${changesOf(input)}`;
  if (typeof RequestItems === 'object') {
    const classes = Object.entries(RequestItems).map(([table, items]) => `${short(table)}:${keyClass(items)}`);
    return classes.join('+');
  }
  if (typeof QueueUrl === 'string') return short(QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1));
  return '';
}

/** The first `pk` in the request, up to the first `#`: what comes after it differs from run to run. */
function keyClass(input: unknown): string {
  const pk = /"(?:pk|:pk|:kind)":\{"S":"([^"#]*)/.exec(JSON.stringify(input))?.[1];
  return pk ?? '';
}

/** The attributes that an update changes, without those that are named after a process. */
function changesOf({ UpdateExpression }: Record<string, unknown>): string {
  const names = typeof UpdateExpression === 'string' ? (UpdateExpression.match(/#[a-zA-Z]+\b/g) ?? []) : [];
  return names.length === 0 ? '' : `(${[...new Set(names.map((name) => name.slice(1)))].sort().join(' ')})`;
}

const OBJECT_OPERATIONS: Record<string, string> = {
  GET: 'GetObject',
  HEAD: 'HeadObject',
  PUT: 'PutObject',
  DELETE: 'DeleteObject',
};

function nameOfObjectRequest({ method, path, body }: SeenRequest, short: (name: string) => string): RequestName {
  const url = new URL(path, 'http://s3');
  const [bucket = '', ...key] = decodeURIComponent(url.pathname.slice(1)).split('/');
  const operation = url.searchParams.has('list-type')
    ? 'ListObjectsV2'
    : url.searchParams.has('delete')
      ? 'DeleteObjects'
      : (OBJECT_OPERATIONS[method] ?? method);
  const first = /<Key>([^<]*)/.exec(body.toString('utf8'))?.[1] ?? url.searchParams.get('prefix') ?? '';
  const [folder] = key.length > 1 ? key : first.split('/');
  return { service: 's3', operation, target: `${short(bucket)}:${folder}` };
}

const RUNTIME_STEPS: [RegExp, string][] = [
  [/\/runtime\/invocation\/next$/, 'next'],
  [/\/runtime\/invocation\/[^/]+\/response$/, 'response'],
  [/\/runtime\/invocation\/[^/]+\/error$/, 'error'],
  [/\/runtime\/init\/error$/, 'init error'],
  [/\/extension\/register$/, 'register'],
];

/** Names a request to the Lambda Runtime API; null for one that is no step of the function. */
export function nameRuntimeRequest({ path }: Pick<SeenRequest, 'path'>): RequestName | null {
  const step = RUNTIME_STEPS.find(([pattern]) => pattern.test(path));
  return step === undefined ? null : { service: 'lambda', operation: step[1], target: '' };
}
