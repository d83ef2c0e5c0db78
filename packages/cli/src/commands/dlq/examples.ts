/** The text below the options in each command's help. */
export const EXAMPLES = {
  dlq: `
Examples:
  imagefleet dlq                              reasons, folders, hours, advice
  imagefleet dlq show 3f2c81aa                one dead letter and its source
  imagefleet dlq redrive --reason Throttled   send them to their lanes again

A dead letter is a message that failed for good, with its reason. Reading
removes nothing: messages are hidden from other readers while a command reads
them, and are released when it ends or is interrupted with Ctrl-C. If it is
killed, SQS shows them again when --lease has passed.
`,
  summary: `
Examples:
  imagefleet dlq summary
  imagefleet dlq summary --newer-than 1h         since the deployment
  imagefleet dlq summary --json | jq .messages
  imagefleet dlq summary --json --letters 100    with the newest 100, one read
`,
  list: `
Examples:
  imagefleet dlq list --reason SourceCorrupt --key 'uploads/2026/**'
  imagefleet dlq list --lane large --older-than 2d --limit 200
  imagefleet dlq list --json | jq -r .key        one JSON line per dead letter
`,
  show: `
Examples:
  imagefleet dlq show 3f2c81aa
  imagefleet dlq show 3f2c81aa --json | jq .body
`,
  redrive: `
Examples:
  imagefleet dlq redrive --reason Throttled --dry-run
  imagefleet dlq redrive --reason TimedOut Crashed --rate 5 --yes
  imagefleet dlq redrive 3f2c81aa --wait        what becomes of it

Each dead letter is sent to its lane and then deleted from the DLQ: a crash
between the two leaves a duplicate and loses nothing. A dead letter that was
redriven --max-redrives times is refused, and the exit code is 3. --wait follows
the redriven sources only, on a busy fleet too; with it, the exit code is also 3
when some failed again. It finds their manifests by --recipe.
`,
  discard: `
Examples:
  imagefleet dlq discard --reason SourceCorrupt --dry-run
  imagefleet dlq discard 3f2c81aa 77d0a9b1
  imagefleet dlq discard --key 'tests/**' --export gone.ndjson --yes
  imagefleet dlq import gone.ndjson              restores them
`,
  export: `
Examples:
  imagefleet dlq export dead-letters.ndjson
  imagefleet dlq export --reason Internal | jq .message
  imagefleet dlq export - 3f2c81aa               one, on stdout
`,
  import: `
Examples:
  imagefleet dlq import gone.ndjson

The dead letters return to their dead-letter queues with their reasons, times
and counts, and get new ids. Importing a file twice makes duplicates. Use
redrive to send them to their lanes.
`,
} as const;
