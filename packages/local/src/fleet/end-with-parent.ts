// Loaded before a child's program, which is the one that runs in the cloud: makes the child drain when
// the parent has ended for any reason.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
