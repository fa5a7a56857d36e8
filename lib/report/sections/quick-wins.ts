import type { TargetReport } from '../../model/report.ts';
import type { Block } from '../blocks.ts';
import type { Room } from '../room.ts';
import { horizon } from './horizon.ts';

export function quickWins(target: TargetReport, room: Room): Block[] {
  return [
    { kind: 'heading', level: 2, text: '1. Quick Wins', id: 'quick-wins' },
    { kind: 'text', words: 'Immediate: 20 % or more of what it touches, hours of work.', tone: 'muted' },
    ...horizon(target, 'quick-win', room),
  ];
}
