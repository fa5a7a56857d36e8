// Stands in the bundle for axios's ways to ask that are not Node's own http: it takes the first that there is.
export default false;
export const getFetch = () => false;
