// Loaded before a child's own program: when the parent is gone, however it went, the child is signaled
// to drain. The program itself stays the one that runs in the cloud.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
