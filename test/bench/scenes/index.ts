import { analytics } from './analytics.ts';
import { events } from './events.ts';
import { legacy } from './legacy.ts';
import { queue } from './queue.ts';
import type { Scene } from './scene.ts';
import { shop } from './shop.ts';
import { tenants } from './tenants.ts';

export const scenes: readonly Scene[] = [shop, tenants, events, queue, analytics, legacy];
