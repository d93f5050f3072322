import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readFromDisk } from '../../src/config/files.ts'
import { convertApache } from '../../src/migration/apache/apache.ts'
import { newest, readVersion } from '../../src/migration/apache/versions.ts'

/**
 * Golden files: httpd's configuration, a line of `=====`, the result, another, the report, and the proof where there
 * is one. `# version 2.4.12.3` in the first line names the release. `CLAIMGATE_GOLDEN=write` writes them anew.
 * `#> GET /x as nobody: sign-in | deny` says what httpd answers and what the result does: of both directions.
 */
export const separator = '\n=====\n'
export const folder = fileURLToPath(new URL('../commands/convert', import.meta.url))
/** What the machine of the golden files has in `/srv/site`. */
const site = { there: '/srv/site', here: `${folder}/access-files` }
export const paths = globSync(`${folder}/cases/*.txt`).toSorted()

/** A golden file's configuration, converted on its machine. */
export function convertCase(text: string) {
  const [, version = newest.join('.')] = /^# version (\S+)/.exec(text) ?? []
  return convertApache({
    files: [{ name: 'httpd.conf', text }],
    folder,
    readFile: (path) => readFromDisk(path.replace(site.there, site.here)),
    listFiles: (pattern) =>
      globSync(pattern.replace(site.there, site.here))
        .toSorted()
        .map((path) => path.replace(site.here, site.there)),
    version: readVersion(version) ?? newest,
    defined: [],
  })
}
