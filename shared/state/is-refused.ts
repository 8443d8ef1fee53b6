/** Whether the error says that the condition of a write to DynamoDB did not hold. */
export function isRefused(error: unknown): boolean {
  return (error as Error).name === 'ConditionalCheckFailedException';
}
