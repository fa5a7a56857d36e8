// Stands in the bundle for parts of mjml that are only used to minify, beautify or fetch, which the report never asks for.
module.exports = {};
