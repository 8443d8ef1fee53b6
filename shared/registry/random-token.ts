const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Bytes from here on would make some letters likelier than others. */
const LIMIT = 256 - (256 % ALPHABET.length);

/** So many letters and digits, each as likely as the others: 5.95 bits each. */
export function randomToken(randomBytes: (size: number) => Uint8Array, length: number): string {
  let token = '';
  while (token.length < length)
    for (const byte of randomBytes(length - token.length)) if (byte < LIMIT) token += ALPHABET[byte % ALPHABET.length];
  return token;
}

/** A whole number in the same alphabet, filled up with zeros in front. */
export function toBase62(number: number, length: number): string {
  let digits = '';
  for (let rest = number; rest > 0; rest = Math.floor(rest / 62)) digits = `${ALPHABET[rest % 62]}${digits}`;
  return digits.padStart(length, '0');
}

/** NaN for what is none. */
export function fromBase62(text: string): number {
  return text.split('').reduce((number, letter) => {
    const digit = ALPHABET.indexOf(letter);
    return digit === -1 ? Number.NaN : number * 62 + digit;
  }, 0);
}
