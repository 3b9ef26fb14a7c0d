/** The oldest major version that fairlead runs on: `engines` of package.json. */
const oldest = 24;

/**
 * What to say where Node is too old for the code of fairlead; undefined where it is not. An older Node cannot even parse that code, so an entry loads
 * this file before any other, and no import of it may be one that an old Node lacks.
 */
export const nodeProblem: string | undefined =
  Number(process.versions.node.split(".")[0]) >= oldest
    ? undefined
    : `fairlead needs Node ${oldest} or newer, and this is ${process.versions.node}`;
