/** What docs/configuration.md says around its tables. */
export const intro = `<!-- Written by \`npm run generate\` from src/config/schema/. Change it there. -->

# Configuration

The configuration is one YAML 1.2 file. It is strict. Each of these is a fault that stops the
start: an unknown key, a duplicate key, a wrong type, a variable that is not set, an empty rule,
an anchor, an alias, a merge key, a tag, and a second document. \`claimgate check\` shows all faults
at once, each with its line and column. It also prints what to register at each provider. The
values of \`require\` and \`policies\` are rules; they have [a page of their own](rules.md).

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

## What may a value be?

- **Variables and files.** \`\${env:NAME}\`, \`\${env:NAME:-default}\` and \`\${file:/path}\` may stand
  anywhere in a value. One newline at the end of a file is dropped. A variable that is set but
  empty counts as not set. An empty file is a fault. To write \`\${\` itself, write \`$\${\`. In YAML's
  flow style, \`{…}\` and \`[…]\`, put such a value in quotes. What a variable or file holds is data.
  It is a text, and it is read as a duration, a size, \`true\` or \`false\` where the key wants one.
  It is never a keyword of a rule or the name of a policy. If everybody on the machine may read a
  file, that is a warning.
- **Lists in files.** \`\${lines:/path}\` is a list with one entry a line. It may stand as the whole
  operand of a rule, as one member of a list, and in \`only\`. See
  [what counts as an entry](rules.md#lists-in-files).
- **Paths of files.** A relative path starts at the folder of the configuration file.
- **Keys and certificates** are PEM text (\`"\${file:…}"\`, \`"\${env:…}"\`) or the name of a file.
- **Durations** are \`30s\`, \`15m\`, \`8h\`, \`7d\`. **Sizes** are \`512KiB\`, \`10MiB\`, \`4096B\`.
- **Secrets** on which the gateway relies have at least 32 bytes: \`openssl rand -base64 32\`.
  Placeholders and patterns are refused. So is one secret that is used for two purposes.

There is no production mode. What is unsafe needs an explicit key of its own, and the gateway
warns of it at each start. Some things it refuses: \`NODE_TLS_REJECT_UNAUTHORIZED=0\`,
\`--insecure-http-parser\` and TLS before 1.2 stop the start.
`

export const outro = `## Which app answers a request?

- \`Host\` alone decides about the origin. Case does not matter, and the default port may be there
  or not. Among the apps of that origin, the one with the longest prefix answers. A prefix matches
  in whole segments and to the letter, unless the app says \`ignore_case\`. \`X-Forwarded-Host\` is
  never read. An unknown \`Host\` is 421. A known one without an app at that path is 404.
- It is a fault if one Host could mean two origins, such as \`http://a.example\` and
  \`https://a.example\`.
- Apps that share an origin share its session. They must agree on \`provider\`, \`redirect_uri\`,
  \`post_logout_redirect_uri\`, \`idle_timeout\` and \`max_lifetime\`. They are not isolated from each
  other: a page of one app can send requests to the other as the person who is signed in. If apps
  do not trust each other, give each a host of its own.

## How do several providers work together?

- Each app names the providers that it accepts in \`provider\`.
- If an app accepts several, all of them but one need a \`user_id_prefix\`, and no prefix may begin
  with another one. So no account can be taken for an account of another provider.
- The default of \`identity_headers\` is then \`X-Forwarded-User\` alone, as any of the providers
  could fill the others. At a location that lists \`api_key\`, keys of operators count as one more,
  and at one that lists \`client_certificate\` certificates do.
`
