import type { Command } from 'commander';

/** What may come after some words of a command line. */
interface Place {
  /** The words of the command: `plugins install`; empty for the program alone. */
  path: string;
  commands: { name: string; description: string }[];
  options: { name: string; description: string }[];
  /** What its arguments may be, where that is known. */
  values: readonly string[];
}

export type Shell = 'bash' | 'zsh' | 'fish';

/** Scripts by shell. They have all commands and options in them: nothing is asked while somebody types. */
export const COMPLETIONS: Record<Shell, (program: Command) => string> = {
  bash: (program) => `# eval "$(hoglet completion bash)"
_hoglet() {
  local word path=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${places(program)
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ' ${path}') path=' ${path}' ;;`)
  .join('\n')}
    esac
  done
  local words=''
  case "$path" in
${places(program)
  .map((place) => `    '${place.path === '' ? '' : ` ${place.path}`}') words='${wordsOf(place)}' ;;`)
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _hoglet hoglet
`,
  zsh: (program) => `#compdef hoglet
# eval "$(hoglet completion zsh)"
_hoglet() {
  local word place=''
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
${places(program)
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ' ${path}') place=' ${path}' ;;`)
  .join('\n')}
    esac
  done
  case "$place" in
${places(program)
  .map((place) => `    '${place.path === '' ? '' : ` ${place.path}`}') compadd -- ${wordsOf(place)} ;;`)
  .join('\n')}
  esac
  _files
}
compdef _hoglet hoglet
`,
  fish: (program) => `# hoglet completion fish | source
${places(program).flatMap(fishLines).join('\n')}
`,
};

/** Every command that is part of a path, and what may come after it. */
function places(command: Command, path = ''): Place[] {
  const own = {
    path,
    commands: command.commands.map((each) => ({ name: each.name(), description: each.description() })),
    options: optionsOf(command),
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [own, ...command.commands.flatMap((each) => places(each, `${path} ${each.name()}`.trim()))];
}

/** Those of the program work with all of its commands. */
function optionsOf(command: Command): Place['options'] {
  const own = command.options.map(({ long, description }) => ({ name: long ?? '', description }));
  const rest = command.parent === null ? [{ name: '--help', description: 'says more' }] : optionsOf(command.parent);
  return [...own, ...rest].filter(({ name }) => name !== '');
}

function wordsOf({ commands, options, values }: Place): string {
  return [...commands.map(({ name }) => name), ...values, ...options.map(({ name }) => name)].join(' ');
}

function fishLines({ path, commands, options, values }: Place): string[] {
  const words = path === '' ? [] : path.split(' ');
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const inner = commands.map(({ name }) => name).join(' ');
  const isHere = [...seen, ...(inner === '' ? [] : [`not __fish_seen_subcommand_from ${inner}`])].join('; and ');
  const where = isHere === '' ? '' : ` -n ${quoted(isHere)}`;
  return [
    ...commands.map(({ name, description }) => `complete -c hoglet -f${where} -a ${name} -d ${quoted(description)}`),
    ...(values.length === 0 ? [] : [`complete -c hoglet -f${where} -a ${quoted(values.join(' '))}`]),
    ...(path === '' || inner === ''
      ? options.map(
          ({ name, description }) => `complete -c hoglet${where} -l ${name.slice(2)} -d ${quoted(description)}`,
        )
      : []),
  ];
}

/** In single quotes, as fish reads them. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
