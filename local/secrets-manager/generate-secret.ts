import { randomInt } from 'node:crypto';

/** What the template says of a text that is to be made up; as CloudFormation's `GenerateSecretString`. */
export interface GenerateSecretString {
  PasswordLength?: number | string;
  ExcludeCharacters?: string;
  ExcludeLowercase?: boolean | string;
  ExcludeUppercase?: boolean | string;
  ExcludeNumbers?: boolean | string;
  ExcludePunctuation?: boolean | string;
  IncludeSpace?: boolean | string;
  RequireEachIncludedType?: boolean | string;
  SecretStringTemplate?: string;
  GenerateStringKey?: string;
}

const DEFAULT_LENGTH = 32;
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * Makes up a secret's text: a password, or the template's JSON object with the password under its key.
 *
 * @throws when the template allows no such password
 */
export function generateSecret(rules: GenerateSecretString): string {
  const password = generatePassword(rules);
  const { SecretStringTemplate: template, GenerateStringKey: key } = rules;
  if (template === undefined && key === undefined) return password;
  if (template === undefined || key === undefined)
    throw new Error('GenerateSecretString has one of SecretStringTemplate and GenerateStringKey; it takes both');
  return JSON.stringify({ ...(JSON.parse(template) as object), [key]: password });
}

function generatePassword(rules: GenerateSecretString): string {
  const isExcluded = (letter: string) => rules.ExcludeCharacters?.includes(letter) === true;
  const types = [
    isTrue(rules.ExcludeLowercase) ? '' : LOWERCASE,
    isTrue(rules.ExcludeUppercase) ? '' : UPPERCASE,
    isTrue(rules.ExcludeNumbers) ? '' : NUMBERS,
    isTrue(rules.ExcludePunctuation) ? '' : PUNCTUATION,
    isTrue(rules.IncludeSpace) ? ' ' : '',
  ]
    .map((letters) => letters.split('').filter((letter) => !isExcluded(letter)))
    .filter((letters) => letters.length > 0);
  const length = Number(rules.PasswordLength ?? DEFAULT_LENGTH);
  const required = isTrue(rules.RequireEachIncludedType ?? true) ? types : [];
  if (types.length === 0 || required.length > length)
    throw new Error(`GenerateSecretString leaves no characters for a password of ${length}`);
  const chosen = Array.from({ length }, (_, index) => pick(required[index] ?? types.flat()));
  return shuffled(chosen).join('');
}

function shuffled(letters: string[]): string[] {
  for (let index = letters.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [letters[index], letters[other]] = [letters[other] as string, letters[index] as string];
  }
  return letters;
}

function pick(letters: string[]): string {
  return letters[randomInt(letters.length)] as string;
}

function isTrue(value: boolean | string | undefined): boolean {
  return String(value) === 'true';
}
