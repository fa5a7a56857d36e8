import type { TargetReport } from '../../model/report.ts';
import type { Block } from '../blocks.ts';
import type { Room } from '../room.ts';
import { horizon } from './horizon.ts';

export function longTerm(target: TargetReport, room: Room): Block[] {
  return [
    { kind: 'heading', level: 2, text: '3. Long-term Projects', id: 'long-term' },
    {
      kind: 'text',
      words:
        'Architectural changes of a week or more. These are judgement; the evidence that suggests them is beside each.',
      tone: 'muted',
    },
    ...horizon(target, 'long-term', room),
  ];
}
