import { createSupportDesk } from '../genkit/app.ts'
import { recordInWeir } from '../genkit/telemetry.ts'
import { simulateLastDay } from './last-day.ts'
import { randomNumbers } from './random-numbers.ts'
import { withSimulatedTime } from './simulated-time.ts'

const SPEED = 10
const TICKETS = [
  'Where is my order #4711?',
  'How do I return a lamp?',
  'Order #82 came twice.',
  'Do you ship to Oslo?',
]

const processor = await recordInWeir(withSimulatedTime)
const desk = createSupportDesk({ random: randomNumbers(11), speed: SPEED })
await simulateLastDay(
  [
    {
      runs: 200,
      fromHoursAgo: 23.5,
      toHoursAgo: 0.1,
      run: (index) => desk.answerTicket({ ticket: TICKETS[index % TICKETS.length] ?? '' }),
    },
    {
      runs: 60,
      fromHoursAgo: 23,
      toHoursAgo: 0.2,
      run: (index) => desk.summariseThread(TICKETS.slice(0, 2 + (index % 3))),
    },
    {
      runs: 40,
      fromHoursAgo: 22,
      toHoursAgo: 0.5,
      run: (index) => desk.chat(`chat-${index}`, ['Hello', `Where is order #${index + 1}?`, 'Thank you']),
    },
  ],
  { speed: SPEED, concurrency: 12 },
)
// This exporter gives a batch up when nobody listens; the collector may just be starting again.
await processor.forceFlush().catch((error: Error) => console.log(`support desk: ${error.message}`))
console.log('support desk: 200 tickets, 60 threads, 40 chats')
process.exit(0)
