// Lints texts as if they stood in these files: [{ file, text }] as JSON on stdin, [[message, …], …] on stdout.
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';

const planted = JSON.parse(await text(process.stdin));
const eslint = new ESLint();
const results = [];
for (const { file, text: source } of planted) {
  const [result] = await eslint.lintText(source, { filePath: file });
  results.push(result.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
}
process.stdout.write(JSON.stringify(results));
