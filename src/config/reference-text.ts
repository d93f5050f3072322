/** What docs/configuration.md says around its tables. */
export const intro = `<!-- Written by \`npm run generate\` from src/config/schema/. Change it there. -->

# Configuration

One YAML 1.2 file, strict: an unknown or duplicate key, a wrong type, a variable that is not set, an empty rule, an
anchor, alias, merge key, tag or second document stop the start. \`claimgate check\` shows all faults at once, each with
its line and column, and what to register at each provider. Rules, the values of \`require\` and \`policies\`, have
[a page of their own](rules.md).

\`\`\`yaml
# yaml-language-server: $schema=./claimgate.schema.json
providers:
  google:
    issuer: https://accounts.google.com
    client_id: 1234.apps.googleusercontent.com
    client_secret: "\${env:GOOGLE_CLIENT_SECRET}"

apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    require: signed_in
\`\`\`

## Values

- **Variables and files.** \`\${env:NAME}\`, \`\${env:NAME:-default}\` and \`\${file:/path}\` (one trailing newline is
  dropped) may stand anywhere in a value. A variable that is set but empty counts as unset; an empty file is a fault.
  \`$\${\` writes \`\${\`. In YAML's flow style, \`{…}\` and \`[…]\`, such a value stands in quotes. What is put in is data:
  a text, read as a duration, a size, \`true\` or \`false\` where the key wants one, never a keyword of a rule or a
  policy's name. A file that everyone on the machine may read is a warning.
- **Lists in files.** \`\${lines:/path}\` yields a list, one entry a line, as a whole operand of a rule or as one member
  of a list, and in \`only\`; [what counts as an entry](rules.md#lists-in-files).
- **Paths of files** start at the folder of the configuration file when they are relative.
- **Keys and certificates** are PEM text (\`"\${file:…}"\`, \`"\${env:…}"\`) or the name of a file.
- **Durations** are \`30s\`, \`15m\`, \`8h\`, \`7d\`; **sizes** \`512KiB\`, \`10MiB\`, \`4096B\`.
- **Secrets** that the gateway relies on have at least 32 bytes: \`openssl rand -base64 32\`. Placeholders and patterns
  are refused, and so is one secret for two purposes.

There is no production mode. What is unsafe has one explicit key, warned of at each start, or is refused:
\`NODE_TLS_REJECT_UNAUTHORIZED=0\`, \`--insecure-http-parser\` and TLS before 1.2 stop the start.
`

export const outro = `## Which app answers

- By \`Host\` alone, in any case, with or without the default port; then the app with the longest prefix in whole
  segments, to the letter unless the app says \`ignore_case\`. \`X-Forwarded-Host\` is never read. An unknown Host is 421, a known one without an app at that path 404.
- Two origins that the same Host could mean are a fault, such as \`http://a.example\` and \`https://a.example\`.
- Apps that share an origin share its session: they agree on \`provider\`, \`redirect_uri\`,
  \`post_logout_redirect_uri\`, \`idle_timeout\` and \`max_lifetime\`. They are not isolated from each other: a page of one
  can send requests to the other as the person who is signed in. Give apps that do not trust each other hosts of their
  own.

## Several providers

- An app names which it accepts in \`provider\`.
- All but one of them need a \`user_id_prefix\`, none of which begins another, so that no account can be taken for
  another provider's.
- The default of \`identity_headers\` is then \`X-Forwarded-User\` alone: any of the providers could fill the others.

## Keys of a later version

\`workers\`, \`api_keys\`, and \`session.store\` as \`redis://…\`, \`rediss://…\` or \`cookie\` are refused as not
available yet.
`
