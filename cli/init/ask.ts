import { createInterface } from 'node:readline/promises';
import { TEMPLATE_NAMES, TEMPLATES, type TemplateName } from './templates.ts';

export interface Answers {
  template: TemplateName;
  typescript: boolean;
}

export interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/** Asks what the plugin is to be. An empty answer takes the first of what is offered; one that is none is asked again. */
export async function ask({ input, output }: Terminal): Promise<Answers> {
  const lines = createInterface({ input, output });
  const choose = async <Choice extends string>(question: string, choices: readonly Choice[]): Promise<Choice> => {
    for (;;) {
      const answer = (await lines.question(`${question} (${choices.join(', ')}) `)).trim().toLowerCase();
      const chosen = choices.find((choice) => answer !== '' && choice.startsWith(answer)) ?? null;
      if (answer === '') return choices[0] as Choice;
      if (chosen !== null) return chosen;
    }
  };
  try {
    const width = Math.max(...TEMPLATE_NAMES.map(({ length }) => length));
    for (const name of TEMPLATE_NAMES) output.write(`  ${name.padEnd(width)}  ${TEMPLATES[name]}\n`);
    const template = await choose('What kind of plugin?', TEMPLATE_NAMES);
    const language = await choose('In which language?', ['javascript', 'typescript']);
    return { template, typescript: language === 'typescript' };
  } finally {
    lines.close();
  }
}
