/** The variables that a handler process inherits: the paths of programs and temporary files. */
export function hostEnvironment(): Record<string, string> {
  return { ...kept("PATH", "HOME", "TMPDIR"), ...compileCache() };
}

/** For processes with variables of their own: where Node keeps the modules that it has compiled. */
export function compileCache(): Record<string, string> {
  return kept("NODE_COMPILE_CACHE");
}

function kept(...names: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
