/** Digamma and trigamma of positive numbers: recurrence up to where the asymptotic series holds to 1e-12. */

const FAR = 12;

export function digamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < FAR; at += 1) shift -= 1 / at;
  const r = 1 / (at * at);
  return shift + Math.log(at) - 0.5 / at - r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r / 132))));
}

export function trigamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < FAR; at += 1) shift += 1 / (at * at);
  const r = 1 / (at * at);
  return shift + 1 / at + r / 2 + (r / at) * (1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - (r * 5) / 66))));
}

/** Newton on 1/trigamma, which is nearly straight. */
export function trigammaInverse(value: number): number {
  let x = 0.5 + 1 / value;
  for (let step = 0; step < 60; step += 1) {
    const now = trigamma(x);
    const slope = (trigamma(x * (1 + 1e-5)) - now) / (x * 1e-5);
    const move = (now * (1 - now / value)) / slope;
    x += move;
    if (Math.abs(move) < 1e-9 * x) break;
  }
  return x;
}
