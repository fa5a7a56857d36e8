/** A line chart as a PNG for mails, which show no SVG. Without words in it: those stand beside it, and no font is needed. */
import type { LineChart } from './blocks.ts';
import { place } from './line.ts';
import { light } from './theme.ts';

/** Finer than it is shown, for screens that are. Twice as fine would cost half of an alert's bytes. */
const FINE = 1.5;
const BAND = '#D6E4F5';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export async function pngOf(chart: LineChart, { width, height }: Size): Promise<Uint8Array> {
  // Only a run that sends an alert loads it.
  const [{ make }, { PNG }] = await Promise.all([import('pureimage'), import('pngjs')]);
  const [wide, high] = [width * FINE, height * FINE];
  const box = { left: 8, top: 12, width: wide - 20, height: high - 24 };
  const { band, marker, ticks, dots, runs } = place(chart, box);
  const image = make(wide, high);
  const pen = image.getContext('2d');
  // A plate of its own: who shows mails dark must not lose the line.
  pen.fillStyle = light.plate;
  pen.fillRect(0, 0, wide, high);
  if (band !== null) {
    pen.fillStyle = BAND;
    pen.fillRect(box.left, Math.round(band.top), box.width, Math.round(band.height));
  }
  for (const { y } of ticks) {
    pen.fillStyle = light.rule;
    pen.fillRect(box.left, Math.round(y), box.width, 2);
  }
  if (marker !== null) {
    pen.fillStyle = light.worse;
    for (let y = 0; y < high; y += 14) pen.fillRect(Math.round(marker) - 2, y, 4, Math.min(8, high - y));
  }
  pen.strokeStyle = light.link;
  pen.fillStyle = light.link;
  pen.lineWidth = 4;
  for (const row of runs) {
    pen.beginPath();
    for (const [at, { x, y }] of row.entries()) {
      if (at === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
    pen.stroke();
  }
  for (const { x, y } of dots) {
    pen.beginPath();
    pen.arc(x, y, 7, 0, 2 * Math.PI, false);
    pen.fill();
  }
  const png = new PNG({ width: wide, height: high });
  png.data.set(image.data);
  // Few colours in long rows: no filter packs best. No transparency, for who shows mails dark.
  return new Uint8Array(PNG.sync.write(png, { colorType: 2, filterType: 0, deflateStrategy: 0 }));
}
