import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** The name of the first key; it stands in everything that was sealed with it. */
const FIRST_KEY = 'k1';
const KEY_CHARACTERS = 64;

/**
 * The keys that secrets of plugins and projects are sealed with: `{"current": "k1", "k1": "…"}`. Kept when the stack goes, as the registry
 * is, which cannot be read without it.
 *
 * What `generateSecretString` says must never change: CloudFormation would make another key, and what was sealed would be lost.
 */
export class SecretsKey extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'The keys that secrets of plugins and projects are sealed with; without them they are lost',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ current: FIRST_KEY }),
        generateStringKey: FIRST_KEY,
        passwordLength: KEY_CHARACTERS,
        excludePunctuation: true,
      },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Nobody but the functions of this stack ever uses the key, and nothing outside has to agree to a new one, so ' +
        'age alone does not weaken it. A new key is put into the secret beside the old ones, which must stay: see ADR 16.',
    });
  }

  /** Lets the function read the keys. It does when it first meets a secret. */
  grantRead(fn: LambdaFunction): void {
    const { secretArn } = this.secret;
    fn.addToRolePolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] }));
    fn.addEnvironment('HOGLET_SECRETS_KEY', secretArn);
  }
}
