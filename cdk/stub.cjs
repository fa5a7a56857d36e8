// Stands in the bundle for the packages that bundling.ts names as unused.
module.exports = {};
