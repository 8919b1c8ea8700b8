import { createSupportDesk } from './app.ts'
import { recordInWeir } from './telemetry.ts'

const processor = await recordInWeir()
const { answerTicket, summariseThread, chat } = createSupportDesk({ random: Math.random, speed: 1 })

console.log(await answerTicket({ ticket: 'Where is my order #1234?' }))
console.log(await summariseThread(['It never arrived.', 'It arrived, but it is the wrong colour.']))
console.log(await chat('terminal', ['Hello', 'Where is order #77?']))
await processor.forceFlush()
process.exit(0)
