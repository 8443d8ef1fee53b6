import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ICommandHooks } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

const PROJECT_ROOT = join(import.meta.dirname, '..');

/**
 * How every bundle is built. Names of functions and classes survive minification, so that a stack trace in the logs
 * can be read without a source map, which would cost time on each cold start.
 */
const ESBUILD_ARGS = {
  '--minify-whitespace': true,
  '--minify-syntax': true,
  // Dependencies that are still CommonJS call require() for Node's own modules, which an ES module does not have.
  '--banner:js':
    "import { createRequire as createRequireOfBundle } from 'node:module';" +
    'const require = createRequireOfBundle(import.meta.url);',
  '--main-fields': 'module,main',
};

export interface LambdaFunctionProps {
  description: string;
  /** The entry, from the project's root; it exports `handler`. */
  entry: string;
  /** Bundles that go beside the handler: name of the bundle, without extension, to its entry from the project's root. */
  companions?: Record<string, string>;
  /** Folders that go beside the handler: name to the program, from the project's root, that fills the folder it is given. */
  folders?: Record<string, string>;
  memoryMegabytes: number;
  timeoutSeconds: number;
  logRetentionDays: RetentionDays;
  environment: Record<string, string>;
}

/**
 * A function with the project's defaults: an ES module bundle on Node 24 and arm64, its own role that can write to its
 * own log group and nothing else. The asset is `index.mjs`, one `<companion>.mjs` each, and the folders.
 */
export function lambdaFunction(scope: Construct, id: string, props: LambdaFunctionProps): NodejsFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: props.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);

  return new NodejsFunction(scope, id, {
    description: props.description,
    entry: join(PROJECT_ROOT, props.entry),
    projectRoot: PROJECT_ROOT,
    depsLockFilePath: join(PROJECT_ROOT, 'package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: props.memoryMegabytes,
    timeout: Duration.seconds(props.timeoutSeconds),
    environment: props.environment,
    role,
    logGroup,
    // Lines arrive as they were written. In the JSON format Lambda may wrap them, and a wrapped metric line is no metric.
    loggingFormat: LoggingFormat.TEXT,
    // Lambda would stop a message after about 16 hops, together with all that were batched with it.
    recursiveLoop: RecursiveLoop.ALLOW,
    bundling: {
      format: OutputFormat.ESM,
      bundleAwsSDK: true,
      logLevel: LogLevel.WARNING,
      esbuildArgs: ESBUILD_ARGS,
      commandHooks: addToBundle(props.companions ?? {}, props.folders ?? {}),
      // esbuild is started through npx, and npm would look for a newer npm in the registry.
      environment: { npm_config_update_notifier: 'false' },
    },
  });
}

function addToBundle(companions: Record<string, string>, folders: Record<string, string>): ICommandHooks {
  return {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (inputDir, outputDir) =>
      [
        ...Object.entries(companions).map(([name, entry]) => [
          join(inputDir, 'node_modules/.bin/esbuild'),
          '--bundle',
          join(inputDir, entry),
          `--outfile=${join(outputDir, `${name}.mjs`)}`,
          '--platform=node',
          '--format=esm',
          '--target=node24',
          '--log-level=warning',
          ...Object.entries(ESBUILD_ARGS).map(([flag, value]) => (value === true ? flag : `${flag}=${String(value)}`)),
        ]),
        ...Object.entries(folders).map(([name, program]) => [
          process.execPath,
          join(inputDir, program),
          join(outputDir, name),
        ]),
      ].map((words) => words.map((word) => `"${word}"`).join(' ')),
  };
}
