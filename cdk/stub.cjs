// Stands in the bundle for the packages that bundling.ts names as unused. A class, as some are asked what is one of them.
module.exports = class Unused {};
