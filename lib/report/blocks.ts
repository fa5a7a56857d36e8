/** What a report is made of, before it is a mail, a page or plain text. Each renderer answers for every kind. */
import { createHash } from 'node:crypto';
import type { Unit } from '../model/units.ts';
import type { Sign } from './theme.ts';

export type Inline =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  /** `to`: an anchor of this page (`#o-…`), a relative path, or an address that safeUrl accepts. */
  | { readonly link: string; readonly to: string | null }
  /** How something went, oldest first, beside words that say it: a small picture on a page, nothing elsewhere. */
  | { readonly spark: readonly (number | null)[] };

export type Words = string | readonly Inline[];

export interface Column {
  readonly title: string;
  /** Numbers of this column are in this unit. */
  readonly unit?: Unit;
  /** Right-aligned though the cells are words already. */
  readonly numeric?: boolean;
  /** Sentences: given room before the others. */
  readonly wide?: boolean;
  /** Draws shares (0..1) as a bar beside the number. */
  readonly bar?: boolean;
}

/** A number gets its column's unit; null is «not measured». */
export type Cell = number | null | Words;

/** Something over time, from zero up; a value nobody measured leaves a gap. */
export interface LineChart {
  readonly kind: 'line';
  readonly unit: Unit;
  /** The first is drawn through, a second dashed; all are of the same moments, oldest first. */
  readonly lines: readonly {
    readonly label: string;
    readonly points: readonly { readonly at: string; readonly value: number | null }[];
  }[];
  /** What is usual, as a band behind. */
  readonly usual: { readonly low: number; readonly high: number } | null;
  /** From where on it is otherwise. */
  readonly from: string | null;
}

export type Chart =
  | LineChart
  /** Two values a row, both in `unit`: predicted span and realised mark. */
  | {
      readonly kind: 'spans';
      readonly unit: Unit;
      readonly rows: readonly {
        readonly label: string;
        readonly low: number;
        readonly high: number;
        readonly mark: number | null;
      }[];
    }
  | {
      readonly kind: 'bars';
      readonly unit: Unit;
      readonly rows: readonly { readonly label: string; readonly value: number }[];
    }
  /** Weeks from now, in bands. */
  | {
      readonly kind: 'bands';
      readonly rows: readonly {
        readonly label: string;
        readonly from: number;
        readonly to: number;
        readonly note: string;
      }[];
    };

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3 | 4; readonly text: string; readonly id?: string }
  | { readonly kind: 'text'; readonly words: Words; readonly tone?: 'lead' | 'muted' }
  | { readonly kind: 'facts'; readonly facts: readonly { readonly label: string; readonly words: Words }[] }
  | { readonly kind: 'numbers'; readonly numbers: readonly { value: string; label: string; note: string }[] }
  | {
      readonly kind: 'table';
      readonly caption: string;
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Cell[])[];
    }
  | { readonly kind: 'sql'; readonly label: string; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Words[]; readonly ordered?: boolean }
  /** One thing to know or to do, marked at its edge. */
  | {
      readonly kind: 'card';
      readonly sign: Sign;
      readonly label: string;
      readonly title: Words;
      readonly blocks: readonly Block[];
      readonly id?: string;
    }
  /** Folded on the page; `id` is where a link lands, and it opens. */
  | {
      readonly kind: 'details';
      readonly title: string;
      readonly meta: readonly string[];
      readonly blocks: readonly Block[];
      readonly id?: string;
      readonly open?: boolean;
    }
  | { readonly kind: 'figure'; readonly title: string; readonly description: string; readonly chart: Chart }
  | { readonly kind: 'button'; readonly text: string; readonly to: string };

/** Permanent: the same key has the same anchor in every week. */
export function anchor(kind: 'o' | 'r' | 'q', key: string): string {
  return `${kind}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
}
