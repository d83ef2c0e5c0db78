/** Next builds no application without a page. */
export default () => null;
