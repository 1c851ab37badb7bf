import { describe, expect, test } from 'vitest';
import { repr } from '../../src/core/python/value.ts';
import type { UnredactedReport } from '../../src/core/read-core.ts';
import { plainBuilds } from '../e2e/cores/python-builds.ts';
import { differences } from './compare-with-oracle.ts';
import { coresOf } from './read-made-core.ts';

const read = coresOf('type_identity.py');

/** The locals of the frame that raised, as text. */
function localsOf(report: UnredactedReport): Record<string, string> {
  const locals = report.exceptions[0]?.chain[0]?.frames.at(-1)?.locals ?? {};
  return Object.fromEntries(Object.entries(locals).map(([name, value]) => [name, repr(value)]));
}

const builds = plainBuilds();

describe.each(builds)('CPython $id', (build) => {
  test('a class that only has the name of another is shown by its attributes', async () => {
    const { report, core } = await read(build, 'look_alikes');
    expect(differences(report, core.oracle)).toEqual([]);
    expect(localsOf(report)).toMatchObject({
      amount: '<decimal.Decimal euros=3>',
      moment: "<datetime.datetime when='now'>",
      identity: '<uuid.UUID int=5>',
      path: "<pathlib.PurePath _raw_path='/x'>",
      member: "<enum.Enum _name_='N', _value_=1>",
      nothing: '<NoneType there=True>',
      function: '<function there=True>',
      request: "<django.http.request.HttpRequest method='GET', path='/', META={}>",
      frame: '<pandas.DataFrame rows=2>',
      ordered: "<collections.OrderedDict {'one': 1}>",
      numbers: '<array.array [1, 2]>',
    });
  });

  test('a subclass is shown under its own name', async () => {
    const { report, core } = await read(build, 'subclasses');
    expect(differences(report, core.oracle)).toEqual([]);
    const late = Number(build.version.slice(2)) >= 12;
    expect(localsOf(report)).toMatchObject({
      names: "<__main__.subclasses.<locals>.Names ['ada']>",
      pair: '<__main__.subclasses.<locals>.Pair (1, 2)>',
      settings: "<__main__.subclasses.<locals>.Settings {'debug': True}>",
      text: "<__main__.subclasses.<locals>.Text 'text'>",
      money: "<__main__.subclasses.<locals>.Money Decimal('1.50')>",
      ordered: late ? "Ordered({'a': 1})" : "Ordered([('a', 1)])",
      tags: "Tags({'x'})",
      moment: 'Moment(2020, 1, 2, 0, 0)',
    });
  });

  test('a `__repr__` that is not run is not imitated, and fields come before bookkeeping', async () => {
    const { report, core } = await read(build, 'own_reprs');
    expect(differences(report, core.oracle)).toEqual([]);
    expect(localsOf(report)).toMatchObject({
      own: "<__main__.Own weight_g=None, _state={'adding': False}>",
      own_list: '<__main__.own_reprs.<locals>.OwnList [1]>',
      own_data: '<__main__.own_reprs.<locals>.OwnData number=1>',
      plain_data: '<__main__.own_reprs.<locals>.PlainData number=1>',
      derived: 'own_reprs.<locals>.Derived(number=1)',
      shade: '<__main__.own_reprs.<locals>.Shade <Shade.DARK: 1>>',
      login: "<__main__.own_reprs.<locals>.Login Login(user='ada', password='hunter2')>",
      point: 'Point(x=1, y=2)',
    });
  });

  test('nothing looks like what `object` shows where a `__repr__` was not run', async () => {
    const locals = localsOf((await read(build, 'unrun_reprs')).report);
    const shown = /^<__main__\.Silent at 0x[0-9a-f]+, whose __repr__ was not run>/;
    expect(locals['silent']).toMatch(shown);
    expect(locals['bound']?.replace(/^<bound method Silent.method of /, '')).toMatch(shown);
  });

  // JSON of Python joins the two as well: the process itself cannot say it
  test('two surrogates side by side stay two', async () => {
    const { report } = await read(build, 'surrogates');
    expect(localsOf(report)).toEqual({
      wide: String.raw`'😀\ud800\udfff'`,
      narrow: String.raw`"€\ud83d\ude00'"`,
      attribute: String.raw`namespace(😀\ud83d\ude00=1)`,
      units: String.raw`array('u', '\ud800\udfff')`,
    });
    expect(report.exceptions[0]?.chain[0]?.message).toBe(String.raw`😀\ud800\udfff`);
  });

  test('notes that are no list', async () => {
    const chain = (await read(build, 'notes')).report.exceptions[0]?.chain ?? [];
    expect(chain.map(({ notes }) => notes)).toEqual([
      ['one', '2'],
      ["{'a': 1}"],
      [],
      ['list'],
      ['of the class'],
    ]);
  });

  test('fields of a dataclass that the instance does not have', async () => {
    const locals = localsOf((await read(build, 'class_defaults')).report);
    expect(locals).toMatchObject({
      deleted: "class_defaults.<locals>.Defaults(number=7, text='seven')",
      partly: "class_defaults.<locals>.Defaults(number=1, text='seven')",
      computed: 'class_defaults.<locals>.Computed(field=..., other=1)',
    });
  });

  test('locks, files and the like are shown as Python shows them', async () => {
    const { report, core } = await read(build, 'system_objects');
    const truth = core.oracle.exception?.frames.at(-1)?.locals ?? {};
    const own = Object.entries(truth).filter(([, { ownRepr }]) => ownRepr);
    expect(own.length).toBeGreaterThan(25);
    expect(localsOf(report)).toMatchObject(
      Object.fromEntries(own.map(([name, value]) => [name, value.repr])),
    );
  });

  test('what is in C and not read says so, and a task says its state', async () => {
    const locals = localsOf((await read(build, 'unread_objects')).report);
    for (const name of ['getter', 'counter', 'file'])
      expect(locals[name]).toMatch(/^<[\w.]+ at 0x[0-9a-f]+, whose __repr__ was not run>$/);
    expect(locals).toMatchObject({
      future: "<_asyncio.Future state='finished', result=['ready']>",
      failed: "<_asyncio.Future state='finished', exception=KeyError('k')>",
      task: expect.stringMatching(
        /^<_asyncio\.Task state='pending', name='Task-\d+', coro=<coroutine object paused at 0x[0-9a-f]+>>$/,
      ),
    });
    // PEP 249's exceptions are not its own
    expect(locals['database'] ?? '').not.toContain('Error=');
  });

  test('a message that is not what str() says is marked, and no other value is in its place', async () => {
    const { report } = await read(build, 'unread_arguments');
    const chain = report.exceptions[0]?.chain ?? [];
    expect(chain.map(({ message, ownStr }) => `${ownStr}: ${message.replace(/0x[0-9a-f]+/, '0x')}`)).toEqual([
      '__main__.OwnCount.__repr__: <__main__.OwnCount 5>',
      '__main__.OwnRatio.__repr__: <__main__.OwnRatio 1.0>',
      '__main__.OwnSpan.__str__: OwnSpan(days=1)',
      '__main__.OwnCount.__repr__: [<__main__.OwnCount 5>]',
      'operator.itemgetter.__repr__: <operator.itemgetter at 0x, whose __repr__ was not run>',
      'itertools.count.__repr__: <itertools.count at 0x, whose __repr__ was not run>',
      '__main__.OwnCount.__repr__: [Errno 2] <__main__.OwnCount 5>',
    ]);
  });

  test.each([
    'texts_of_arguments',
    'standard',
    'pure_python',
    'renamed',
    'messages',
    'flags',
    'modules',
    'callables',
  ])('%s: what Python says', async (scenario) => {
    const { report, core } = await read(build, scenario);
    expect(differences(report, core.oracle)).toEqual([]);
    // what is marked as cut or as not run would not be compared
    const marked = Object.entries(localsOf(report)).filter(([, text]) => /\.\.\.|^<__main__/.test(text));
    expect(marked).toEqual([]);
    expect(report.exceptions[0]?.chain.filter((each) => each.ownStr !== undefined)).toEqual([]);
  });

  test('a text that is not known is marked, and attributes are there', async () => {
    const { report } = await read(build, 'unknown_texts');
    const chain = report.exceptions[0]?.chain ?? [];
    const [declined, value, limit, key] = chain;
    expect(declined).toMatchObject({
      message: "('card_declined', 'no money')",
      ownStr: '__main__.Declined.__str__',
    });
    expect(value?.message).toMatch(/^<__main__\.Text object at 0x/);
    expect(value?.ownStr).toBe('__main__.Text.__str__');
    expect(limit).toMatchObject({ message: 'over the limit' });
    expect(limit?.ownStr).toBeUndefined();
    expect(key?.ownStr).toBe('__main__.Silent.__repr__');
    const attributes = chain.map((each) =>
      Object.entries(each.attributes ?? {}).map(([name, shown]) => `${name}=${repr(shown)}`),
    );
    expect(attributes).toEqual([
      ["code='card_declined'", "reason='no money'"],
      [],
      ["password='hunter2-of-the-test'", "field='amount'", '_cache={}'],
      [],
    ]);
  });
});
