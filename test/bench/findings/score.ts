/** Findings held against the truth of a scene: by advisor and subject, nothing softer. */

/** What somebody could say of a database. */
export interface Claim {
  /** Any of them: two advisors may own one truth, of which the plan tells one. */
  readonly advisors: readonly string[];
  readonly schema?: string;
  readonly table?: string;
  readonly index?: string;
  readonly setting?: string;
  /** Name of the scene's statement. */
  readonly statement?: string;
  /** Must stand in the title, such as the columns of an index to create. */
  readonly says?: string;
  readonly why: string;
}

export interface Found {
  readonly advisor: string;
  readonly title: string;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly index?: string | undefined;
  readonly setting?: string | undefined;
  /** Name of the scene's statement; the text itself where the scene has none such. */
  readonly statement?: string | undefined;
}

export interface Truth {
  readonly planted: readonly Claim[];
  readonly innocents: readonly Claim[];
  readonly alsoTrue: readonly Claim[];
}

export interface Score {
  readonly hit: readonly Claim[];
  readonly missed: readonly Claim[];
  /** Findings that speak of a plant. */
  readonly right: readonly Found[];
  readonly also: readonly { readonly found: Found; readonly claim: Claim }[];
  readonly wrong: readonly Found[];
  /** Innocents that were accused; each accusation is also among the wrong. */
  readonly accused: readonly Claim[];
}

const NAMES = ['schema', 'table', 'index', 'setting', 'statement'] as const;

export function matches(claim: Claim, found: Found): boolean {
  const names = NAMES.every((name) => claim[name] === undefined || claim[name] === found[name]);
  return (
    names && claim.advisors.includes(found.advisor) && (claim.says === undefined || found.title.includes(claim.says))
  );
}

/** An innocent is stronger than what is also true: what is right elsewhere is wrong about it. */
export function score(findings: readonly Found[], { planted, innocents, alsoTrue }: Truth): Score {
  const of = (claims: readonly Claim[], found: Found) => claims.find((claim) => matches(claim, found));
  const right: Found[] = [];
  const also: { found: Found; claim: Claim }[] = [];
  const wrong: Found[] = [];
  for (const found of findings) {
    const claim = of(alsoTrue, found);
    if (of(planted, found) !== undefined) right.push(found);
    else if (of(innocents, found) === undefined && claim !== undefined) also.push({ found, claim });
    else wrong.push(found);
  }
  const isHit = (claim: Claim) => right.some((found) => matches(claim, found));
  return {
    hit: planted.filter(isHit),
    missed: planted.filter((claim) => !isHit(claim)),
    right,
    also,
    wrong,
    accused: innocents.filter((claim) => wrong.some((found) => matches(claim, found))),
  };
}

export interface Figures {
  readonly planted: number;
  readonly recall: number;
  /** What is also true counts on neither side. */
  readonly precision: number;
}

export function figures(scores: readonly Score[]): Figures {
  const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0);
  const hit = sum((one) => one.hit.length);
  const planted = hit + sum((one) => one.missed.length);
  const right = sum((one) => one.right.length);
  return { planted, recall: hit / planted, precision: right / (right + sum((one) => one.wrong.length)) };
}

/** A statement's text without its values, so that the scene's and the server's can be told to be one. */
export function shape(sql: string): string {
  return sql
    .toLowerCase()
    .replace(/\/\*.*?\*\//g, ' ')
    .replace(/'(?:[^']|'')*'|\$\d+|\b\d+(?:\.\d+)?\b/g, '?')
    .replace(/\?(?:\s*,\s*\?)*\s*,?(?=\s*\))/g, '?')
    .replace(/\s+/g, ' ')
    .replace(/[\s;]+$/, '')
    .trim();
}
