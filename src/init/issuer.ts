import { inferPreset, issuerFault } from '../config/build/preset.ts'
import { readWebAddress } from '../config/web-address.ts'
import { issuerOfMetadata, metadataAddress } from '../core/metadata-address.ts'

/** What `--issuer` meant: an issuer, or the address of its metadata, as providers' pages show it to be copied. */
export interface WantedIssuer {
  readonly issuer: string
  /** Where its metadata is. */
  readonly metadata: string
  /** The address of the metadata itself was written: whatever issuer it names is meant. */
  readonly isMetadata: boolean
}

export function readIssuer(written: string): WantedIssuer {
  const base = issuerOfMetadata(written)
  const issuer = slashOf(base ?? written)
  return { issuer, metadata: base === null ? metadataAddress(issuer) : written, isMetadata: base !== null }
}

/** What `metadata_url` has to be beside this issuer; null: nothing, as the metadata is below it. */
export function metadataUrlOf({ metadata }: WantedIssuer, issuer: string): string | null {
  return metadata === metadataAddress(issuer) ? null : metadata
}

/** With the last slash, or without it, as a provider whose habit is known writes its issuer; others' stay as they are. */
export function slashOf(issuer: string): string {
  const other = issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`
  return isFaulty(issuer) && !isFaulty(other) ? other : issuer
}

function isFaulty(issuer: string): boolean {
  const read = readWebAddress(issuer)
  return !read.ok || issuerFault(inferPreset(read.address), issuer, read.address) !== null
}
