import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { StateMachine } from '../../shared/aws/state-machine.ts';
import { EXPORTS_PREFIX, type ExportRetry, type FailedExport } from './failed-export.ts';

export interface StartRetryDeps {
  putObject(key: string, content: Uint8Array): Promise<void>;
  stateMachine: StateMachine;
}

/**
 * Hands a batch to the state machine that tries it again. Name and key come from what is in the batch, so that a delivery that arrives
 * twice starts one execution; what was a dead letter in between is another round, and starts another one.
 *
 * @throws when either store does not take it.
 */
export async function startRetry(failed: FailedExport, { putObject, stateMachine }: StartRetryDeps): Promise<void> {
  const { pluginConfig, round, events, pluginVersion, lines, hops } = failed;
  const hash = createHash('sha256').update(`${pluginConfig} ${round}\n${lines}`).digest('hex');
  const key = `${EXPORTS_PREFIX}${pluginConfig}/${hash}.ndjson.gz`;
  await putObject(key, gzipSync(lines));
  // 64 characters of hash leave 15 of a name's 80 for the id.
  await stateMachine.start(`${pluginConfig}-${hash}`.slice(0, 80), {
    pluginConfig,
    round,
    events,
    pluginVersion,
    key,
    ...(hops === undefined ? {} : { hops }),
  } satisfies ExportRetry);
}
