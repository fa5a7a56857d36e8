/** What a measure is; measures.ts lists them all. */
import type { Unit } from './units.ts';

export interface Measure {
  readonly unit: Unit;
  readonly over: 'counter' | 'gauge' | 'average' | 'peak' | 'trough';
  readonly meaning: string;
}

export type Measures = Readonly<Record<string, Measure>>;
