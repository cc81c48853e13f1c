// Runs commands of toroid one after another in this process, each by a main module of its own, and prints what came of
// them as JSON: of a command that is refused, starting Node and loading the code is nearly all there is to do.
//   node cli_together.mjs cli.js '[["texture", "none.png"], ...]'
import { pathToFileURL } from 'node:url';

// With -q a command would run itself anew, in a process of its own, to leave out what drivers say.
process.env.TOROID_STDERR_FILTERED_BY = `${process.ppid}`;
const [node, , file, commands] = process.argv;
const { exit } = process;
const print = process.stdout.write.bind(process.stdout);
const ended = [];
for (const [k, args] of JSON.parse(commands).entries()) {
  const said = { out: '', err: '' };
  const hear =
    (where) =>
    (text, ...rest) => {
      said[where] += text;
      rest.find((r) => typeof r === 'function')?.();
      return true;
    };
  process.stdout.write = hear('out');
  process.stderr.write = hear('err');
  process.argv = [node, file, ...args];
  process.exitCode = undefined;
  const code = await new Promise((done) => {
    process.exit = (c) => done(Number(c ?? process.exitCode ?? 0));
    import(`${pathToFileURL(file)}?${k}`).catch((error) => {
      said.err += error.stack;
      done(1);
    });
  });
  process.removeAllListeners('uncaughtException');
  process.stdout.removeAllListeners('error');
  process.stderr.removeAllListeners('error');
  ended.push({ code, ...said });
}
print(JSON.stringify(ended), () => exit(0));
