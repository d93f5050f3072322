/** `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`: how AWS names regions, as part of a larger pattern. */
export const regionSource = '[a-z]{2,5}(?:-[a-z]{1,20}){1,3}-[0-9]{1,2}'

export const regionPattern = new RegExp(`^${regionSource}$`)
