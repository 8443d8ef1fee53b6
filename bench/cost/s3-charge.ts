import type { Charge } from './charge.ts';
import type { Usage } from './usage.ts';

/** A request to S3, by its method and what it asks for. Deleting is free. */
export function s3Charge(method: string, path: string): Charge {
  const url = new URL(path, 'http://bucket');
  const isList = method === 'GET' && (url.searchParams.has('list-type') || url.pathname.split('/').length <= 2);
  return {
    service: 's3',
    operation: isList ? 'LIST' : method,
    on: url.pathname.split('/')[1] ?? '',
    usage: usageOf(isList ? 'LIST' : method),
  };
}

function usageOf(operation: string): Usage {
  if (operation === 'DELETE') return {};
  return operation === 'GET' || operation === 'HEAD' ? { s3Reads: 1 } : { s3Writes: 1 };
}
