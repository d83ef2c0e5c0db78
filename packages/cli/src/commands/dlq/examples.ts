/** What stands under each command's help. */
export const EXAMPLES = {
  dlq: `
Examples:
  imagefleet dlq                              what lies there, why, what to do
  imagefleet dlq show 3f2c81aa                one dead letter, its source now
  imagefleet dlq redrive --reason Throttled   back to the lanes, once S3 is well

A dead letter is a message that failed for good, with its reason. Reading
removes none: what is read is hidden from other readers for a moment and
released at the end, also after Ctrl-C. After a kill, SQS shows it again when
--lease is over.
`,
  summary: `
Examples:
  imagefleet dlq summary
  imagefleet dlq summary --newer-than 1h         since the deploy
  imagefleet dlq summary --json | jq .reasons
`,
  list: `
Examples:
  imagefleet dlq list --reason SourceCorrupt --key 'uploads/2026/**'
  imagefleet dlq list --lane large --older-than 2d --limit 200
  imagefleet dlq list --json | jq -r .key        one line of JSON a letter
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
  imagefleet dlq redrive --id 3f2c81aa

Each dead letter is sent to its lane and then deleted here: a crash between the
two leaves a duplicate and loses nothing. What was redriven --max-redrives times
is refused, and the exit code is 3.
`,
  discard: `
Examples:
  imagefleet dlq discard --reason SourceCorrupt --dry-run
  imagefleet dlq discard --key 'tests/**' --export gone.ndjson --yes
  imagefleet dlq import gone.ndjson              brings them back
`,
  export: `
Examples:
  imagefleet dlq export dead-letters.ndjson
  imagefleet dlq export --reason Internal | jq .message
`,
  import: `
Examples:
  imagefleet dlq import gone.ndjson

They are dead letters again, with reasons, times and counts as they were;
redrive sends them on.
`,
} as const;
