// Stands in the bundle for lodash/fp, which mjml wants five functions of: fp brings a second copy of all of lodash.
const lodash = require('./lodash.cjs');
module.exports = {
  flow: lodash.flow,
  identity: lodash.identity,
  filter: (keeps) => (list) => lodash.filter(list, (item) => keeps(item)),
  map: (turn) => (list) => lodash.map(list, (item) => turn(item)),
  join: (between) => (list) => lodash.join(list, between),
};
