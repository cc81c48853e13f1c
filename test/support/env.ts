/** Does something with other variables of the environment. They are put back one by one: another object would be no environment any more. */
export async function withEnv<T>(
  variables: Readonly<Record<string, string | undefined>>,
  work: () => Promise<T> | T,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
