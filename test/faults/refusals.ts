/** An answer that a service gives instead of doing what it was asked for. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What each service says when it is asked too often. The others say what most say. */
const THROTTLED: Record<string, [status: number, code: string]> = {
  dynamodb: [400, 'ProvisionedThroughputExceededException'],
  sqs: [403, 'RequestThrottled'],
  s3: [503, 'SlowDown'],
};

export function throttled(service: string): Refusal {
  const [status, code] = THROTTLED[service] ?? [400, 'ThrottlingException'];
  return refusal(service, status, code, 'Slow down');
}

export function internalError(service: string): Refusal {
  return refusal(service, 500, service === 's3' ? 'InternalError' : 'InternalServerError', 'Internal error');
}

/** What says that trying again is of no use. */
export function refused(service: string): Refusal {
  return refusal(
    service,
    400,
    service === 's3' ? 'InvalidRequest' : 'ValidationException',
    'Refused by the fault suite',
  );
}

function refusal(service: string, status: number, code: string, message: string): Refusal {
  return service === 's3'
    ? {
        status,
        headers: { 'Content-Type': 'application/xml' },
        body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
      }
    : {
        status,
        headers: { 'Content-Type': 'application/x-amz-json-1.0' },
        body: JSON.stringify({ __type: code, message }),
      };
}
