import type { TargetReport } from '../../model/report.ts';
import type { Block } from '../blocks.ts';
import type { Room } from '../room.ts';
import { horizon } from './horizon.ts';

export function mediumEffort(target: TargetReport, room: Room): Block[] {
  return [
    { kind: 'heading', level: 2, text: '2. Medium Effort Optimizations', id: 'medium-effort' },
    { kind: 'text', words: 'Significant improvements, one to five days each.', tone: 'muted' },
    ...horizon(target, 'medium', room),
  ];
}
