/** What stands under each command's help. */
export const EXAMPLES = {
  dlq: `
Examples:
  imagefleet dlq                              what lies there, why, what to do
  imagefleet dlq show 3f2c81aa                one letter, its source now
  imagefleet dlq redrive --reason Throttled   back to the lanes, once S3 is well

A letter is the message that could not be done, with its reason. Reading takes
none away: what is read is hidden from others for a moment, and given back at
the end, at Ctrl-C too. After a kill it comes back by itself when --lease is
over.
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

Each letter is sent to its lane and then deleted here: a crash between the two
leaves it twice, never nowhere. What was redriven --max-redrives times is
refused, and the exit code is 3.
`,
  discard: `
Examples:
  imagefleet dlq discard --reason SourceCorrupt --dry-run
  imagefleet dlq discard --key 'tests/**' --export gone.ndjson --yes
  imagefleet dlq import gone.ndjson              brings them back
`,
  export: `
Examples:
  imagefleet dlq export letters.ndjson
  imagefleet dlq export --reason Internal | jq .message
`,
  import: `
Examples:
  imagefleet dlq import gone.ndjson

They are dead letters again, with reasons, times and counts as they were;
redrive sends them on.
`,
} as const;
