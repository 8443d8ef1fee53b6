/** Makes a test for whole texts of a pattern in which `*` stands for any text, and `\` takes a character as it is. */
export function wildcard(pattern: string): (text: string) => boolean {
  const parts = [...pattern.matchAll(/\\(.)|(\*)|([^*\\]+)/gs)].map(([, escaped, star, text]) =>
    star === undefined ? (escaped ?? text ?? '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : '.*',
  );
  const expression = new RegExp(`^${parts.join('')}$`, 's');
  return (text) => expression.test(text);
}
