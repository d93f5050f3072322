import { isAbsolute, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Severity } from '../check.ts'
import { type Finding, kinds, type LintResult } from '../lint.ts'

/** SARIF 2.1.0 (OASIS Standard, March 2020): what code hosts show beside the lines. */
export function toSarif({ findings, ignored }: LintResult, version: string): string {
  const driver = {
    name: 'claimgate lint',
    semanticVersion: version,
    rules: kinds.map(({ id, severity, finds, why, fix, example }) => ({
      id,
      name: toPascalCase(id),
      shortDescription: { text: finds },
      fullDescription: { text: why },
      help: {
        text: `${why}\n\n${fix}\n\nFor example:\n\n${example}\n`,
        markdown: `${why}\n\n${fix}\n\n\`\`\`yaml\n${example}\n\`\`\`\n`,
      },
      defaultConfiguration: { level: severity },
      properties: { tags: ['security', 'configuration'], 'security-severity': securitySeverity[severity] },
    })),
  }
  const results = [
    ...findings.map((finding) => toResult(finding)),
    ...ignored.map((finding) => ({
      ...toResult(finding),
      // Section 3.35: excused in the file itself.
      suppressions: [{ kind: 'inSource', justification: finding.reason }],
    })),
  ]
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results }],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function toResult({ id, severity, file, position, message, fix, path }: Finding) {
  const region = { startLine: position.line, startColumn: position.column }
  return {
    ruleId: id,
    ruleIndex: kinds.findIndex((kind) => kind.id === id),
    level: severity,
    message: { text: `${message}. ${fix}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: toUri(file) }, region },
        ...(path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
  }
}

/** Section 3.4.3: relative ones are found from the root of the repository. */
function toUri(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href
  return file.split(sep).map(encodeURIComponent).join('/')
}

/** What code hosts sort alerts by: https://docs.github.com, "security-severity". */
const securitySeverity: Readonly<Record<Severity, string>> = { error: '8.0', warning: '5.0', note: '2.0' }

function toPascalCase(id: string): string {
  return id.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
