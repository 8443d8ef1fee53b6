import type { AppProps } from 'aws-cdk-lib';
import { App, Validations } from 'aws-cdk-lib';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks } from 'cdk-nag';
import { HogletStack } from './hoglet-stack.ts';
import { readSettings } from './settings.ts';

/**
 * Builds the app: one stack, checked by the AwsSolutions rules whenever it is synthesised. A finding fails the synthesis.
 *
 * Settings come from the CDK context: `-c name=value` or cdk.json under the CDK CLI, the environment variable
 * `CDK_CONTEXT_JSON` without it. The CDK's feature flags are all as its pinned release recommends, set here and not in
 * cdk.json, so that the template is the same either way.
 *
 * @throws one error that lists all problems of the settings
 */
export function hogletApp(props: AppProps = {}): { app: App; stack: HogletStack } {
  const app = new App({ analyticsReporting: false, ...props, context: { ...recommendedFlags, ...props.context } });
  const settings = readSettings(app.node.getAllContext() as Record<string, unknown>);
  const stack = new HogletStack(app, 'Hoglet', settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}
