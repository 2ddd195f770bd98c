import type { RegistryModel, TopicModel } from '../../model/model.ts';
import { RUNTIME } from '../packages.ts';
import type { Printer } from '../printer.ts';
import { stringLiteral } from '../string-literal.ts';

export function registriesOf({ key, value }: TopicModel): readonly RegistryModel[] {
  return [key, value].flatMap((format) =>
    'types' in format && format.registry !== undefined ? [format.registry] : [],
  );
}

/** Where a topic's ids are from, and what is to be looked up in another registry. */
export function printRegistries(topic: TopicModel, printer: Printer): void {
  const { body } = printer;
  for (const { functionName, urls, subjects, namedAfterTopic, published, unreadable } of registriesOf(topic)) {
    body.writeLine(`/** Where the ids of topic \`${topic.id}\` are from. */`);
    const type = printer.useType({ from: RUNTIME, name: 'RegisteredPart' });
    body.write(`export function ${functionName}(): ${type} `).block(() => {
      body.write('return ').inlineBlock(() => {
        body.writeLine(`urls: ${listText(urls.map(stringLiteral))},`);
        body.writeLine(`subjects: ${listText(subjects.map((names) => listText(names.map(stringLiteral))))},`);
        if (namedAfterTopic) body.writeLine('namedAfterTopic: true,');
        printTexts(
          'published',
          published.map(({ place, schema }) => [place, schema] as const),
          printer,
        );
        printTexts(
          'unreadable',
          unreadable.map(({ id, text }) => [id, text] as const),
          printer,
        );
      });
      body.write(';').newLine();
    });
    body.blankLine();
  }
}

function printTexts(member: string, texts: readonly (readonly [number, string])[], { body }: Printer): void {
  if (texts.length === 0) return;
  body.write(`${member}: `).inlineBlock(() => {
    for (const [number, text] of texts) body.writeLine(`${number}: ${stringLiteral(text)},`);
  });
  body.write(',').newLine();
}

function listText(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}
