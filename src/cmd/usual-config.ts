/** The configuration of the working folder: what every command looks for, where none is named. */
export const usualConfig = "fairlead.yaml";
