/** What an output is the name of, by how its own name ends. */
const KINDS = /(?:QueueUrl|TableName|BucketName|StateMachineArn)$/;

/** Names that read well, by those that tables, queues and buckets have in the stack: `Hoglet-events` is `events`, a URL goes by its last part. */
export function shortNamesOf(outputs: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(
    Object.entries(outputs)
      .filter(([name]) => KINDS.test(name))
      .map(([name, value]) => [value.slice(value.lastIndexOf('/') + 1), kebab(name.replace(KINDS, ''))]),
  );
}

/** The construct that a function comes from: `Hoglet-ProcessEventsFunction1A2B3C4D` is `process-events`. */
export function functionNameOf(physicalName: string): string {
  const logicalId = physicalName.slice(physicalName.lastIndexOf('-') + 1);
  return kebab(logicalId.replace(/(?:Function)?[0-9A-F]{8}$/, ''));
}

function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
