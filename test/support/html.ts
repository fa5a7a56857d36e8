/** What a reader's program makes of our markup: elements, texts, attributes. */
import { type DefaultTreeAdapterMap, parse } from 'parse5';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

export interface Parsed {
  /** Tag name → how many. */
  readonly counts: Readonly<Record<string, number>>;
  readonly elements: readonly Element[];
  /** All text outside of style, script and comments, white space collapsed. */
  readonly text: string;
}

export function parsed(html: string): Parsed {
  const elements: Element[] = [];
  const texts: string[] = [];
  const visit = (node: Node): void => {
    if ('tagName' in node) {
      elements.push(node);
      if (node.tagName === 'style' || node.tagName === 'script') return;
    }
    if (node.nodeName === '#text' && 'value' in node) texts.push(node.value);
    if ('childNodes' in node) node.childNodes.forEach(visit);
  };
  visit(parse(html));
  const counts: Record<string, number> = {};
  for (const { tagName } of elements) counts[tagName] = (counts[tagName] ?? 0) + 1;
  return { counts, elements, text: texts.join('').replace(/\s+/g, ' ') };
}

export function attributesOf(html: string, name: string): readonly string[] {
  return parsed(html).elements.flatMap(({ attrs }) =>
    attrs.filter((one) => one.name === name).map(({ value }) => value),
  );
}
