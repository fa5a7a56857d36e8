// Stands in the bundle for d3-interpolate: our scales are between numbers, never between colours.
export const interpolateNumber = (from, to) => (share) => from * (1 - share) + to * share;
export const interpolate = interpolateNumber;
export const interpolateRound = (from, to) => (share) => Math.round(from * (1 - share) + to * share);
const unused = () => {
  throw new Error('scales here are between numbers');
};

export { unused as interpolateRgb, unused as piecewise };
