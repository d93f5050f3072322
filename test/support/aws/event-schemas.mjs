// AWS's own schemas of events, read by the parser of Powertools for Lambda: lines of JSON, {"format": …, "event": …}, each
// answered with a line: a list of what is wrong, and of the fields that a schema does not know.
import { createInterface } from 'node:readline'
import { APIGatewayProxyEventSchema } from '@aws-lambda-powertools/parser/schemas/api-gateway'
import { APIGatewayProxyEventV2Schema } from '@aws-lambda-powertools/parser/schemas/api-gatewayv2'
import { LambdaFunctionUrlSchema } from '@aws-lambda-powertools/parser/schemas/lambda'

const schemas = {
  '1.0': { 'REST API': APIGatewayProxyEventSchema },
  '2.0': { 'HTTP API': APIGatewayProxyEventV2Schema, 'function URL': LambdaFunctionUrlSchema },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { format, event } = JSON.parse(line)
  const said = []
  for (const [name, schema] of Object.entries(schemas[format])) {
    const read = schema.safeParse(event)
    if (read.success) said.push(...unknown(event, read.data, name))
    else said.push(...read.error.issues.map(({ path, message }) => `${name}: ${path.join('.')}: ${message}`))
  }
  console.log(JSON.stringify(said))
}

/** A schema drops what it does not know. */
function unknown(event, read, at) {
  return Object.entries(event).flatMap(([name, value]) => {
    if (!Object.hasOwn(read, name)) return [`${at}.${name}: unknown`]
    const isObject = value !== null && typeof value === 'object'
    return isObject ? unknown(value, read[name], `${at}.${name}`) : []
  })
}
