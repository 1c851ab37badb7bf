import { array, assert, constantFrom, double, nat, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { services, spansIn, tree } from '../tree.ts';
import { SAMPLES } from './samples.ts';

/** Pieces that matter to one of the formats. */
const PIECES =
  '\n~\r\n~\t~ ~"~\'~\\~[~]~{~}~{{~}}~{%~%}~:~- ~=~#~;~,~$~${~&a~*a~<<~|~>~%(~<~/>~[program:x]~CMD ~exec ~\ufeff~\0~é~\ue000'.split(
    '~',
  );

test.each(Object.entries(SAMPLES))(
  '%s with anything done to it: read without an error, spans inside the files',
  (_name, files) => {
    const paths = Object.keys(files);
    const edit = record({
      path: constantFrom(...paths),
      at: double({ min: 0, max: 1, noNaN: true }),
      remove: nat({ max: 30 }),
      insert: array(constantFrom(...PIECES), { maxLength: 4 }),
    });
    assert(
      property(array(edit, { maxLength: 4 }), (edits) => {
        const changed: Record<string, string> = { ...files };
        for (const { path, at, remove, insert } of edits) {
          const text = changed[path] ?? '';
          const start = Math.floor(at * text.length);
          changed[path] = text.slice(0, start) + insert.join('') + text.slice(start + remove);
        }
        const found = services(changed);
        const sources = tree(changed);
        for (const span of spansIn(found)) {
          const length = sources.read(span.file)?.text.length ?? -1;
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.end).toBeGreaterThanOrEqual(span.start);
          expect(span.end).toBeLessThanOrEqual(length);
        }
      }),
      { numRuns: 150 },
    );
  },
);
