/** A CloudFormation template as the CDK writes it: JSON, before any intrinsic is resolved. */
export interface Template {
  Parameters?: Record<string, TemplateParameter>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<string, { Value: unknown; Condition?: string }>;
}

export interface TemplateParameter {
  Type: string;
  Default?: unknown;
}

export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  Condition?: string;
}

/** Sections read, or understood and without effect on a machine that no account is bootstrapped for. */
const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Conditions',
  'Resources',
  'Outputs',
];
/** `Rules` are the CDK's check that the account was bootstrapped; there is no account here. */
const SECTIONS_WITHOUT_EFFECT = ['Rules'];

/** `DeletionPolicy` and its kin speak of stack updates and deletions; here nothing is ever deleted but by `--fresh`. */
const RESOURCE_FIELDS = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
];

/** Lists what of the template's outermost form the local stack does not honour. */
export function problemsOfForm(template: Template): string[] {
  const sections = [...SECTIONS, ...SECTIONS_WITHOUT_EFFECT];
  const ofTemplate = Object.keys(template)
    .filter((section) => !sections.includes(section))
    .map((section) => `template section ${section} is not honoured; honoured are ${sections.join(', ')}`);
  const ofResources = Object.entries(template.Resources).flatMap(([logicalId, resource]) =>
    Object.keys(resource)
      .filter((field) => !RESOURCE_FIELDS.includes(field))
      .map(
        (field) =>
          `${logicalId} (${resource.Type}): ${field} beside Properties is not honoured; honoured are ${RESOURCE_FIELDS.join(', ')}`,
      ),
  );
  return [...ofTemplate, ...ofResources];
}
