import { resolve } from 'node:path'
import { decodeUtf8, type ReadFile } from '../../../config/files.ts'
import { isObject, parseJson } from '../../../core/json.ts'
import type { SourcePosition } from '../../source-position.ts'
import type { ListFiles } from '../reading/read.ts'

/** One provider of `OIDCMetadataDir`, from its three files; the client's secret stays where it is. */
export interface MetadataProvider {
  readonly issuer: string
  readonly clientId: string
  readonly hasSecret: boolean
  /** Its metadata promises `iss` in every answer (RFC 9207). */
  readonly saysIssuer: boolean
  /** The `.conf` file. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly at: SourcePosition
}

/** `ISSUER.provider`, `.client` and `.conf`, with the issuer's address encoded in the name. Null: no such folder. */
export function readMetadataFolder(
  folder: string,
  files: { readonly folder: string; readonly readFile: ReadFile; readonly listFiles: ListFiles },
): readonly MetadataProvider[] | null {
  const path = resolve(files.folder, folder)
  const listed = files.listFiles(`${path}/*.provider`) ?? []
  const found = listed.filter((file) => files.readFile(file).ok)
  if (found.length === 0) return null
  return found.map((file) => {
    const base = file.slice(0, -'.provider'.length)
    const provider = readJson(file, files.readFile)
    const client = readJson(`${base}.client`, files.readFile)
    const named = decodeURIComponent(base.slice(base.lastIndexOf('/') + 1))
    return {
      issuer: typeof provider.issuer === 'string' ? provider.issuer : `https://${named}`,
      clientId: typeof client.client_id === 'string' ? client.client_id : '',
      hasSecret: typeof client.client_secret === 'string',
      saysIssuer: provider.authorization_response_iss_parameter_supported === true,
      settings: readJson(`${base}.conf`, files.readFile),
      at: {
        file: file.startsWith(`${files.folder}/`) ? file.slice(files.folder.length + 1) : file,
        line: 1,
        column: 1,
      },
    }
  })
}

function readJson(path: string, readFile: ReadFile): Readonly<Record<string, unknown>> {
  const read = readFile(path)
  const text = read.ok ? decodeUtf8(read.bytes) : null
  const value = parseJson(text ?? '{}')
  return isObject(value) ? value : {}
}
