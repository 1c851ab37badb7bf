import { signalName } from '../../signals.ts';
import { dateText } from '../dates.ts';
import type { Texts } from '../texts.ts';
import { quoted, shownAs, template, type Library, type StrReader } from './library.ts';

const calledProcessText: StrReader = (texts, address, type) => {
  const code = texts.objects.number(texts.objects.attribute(address, 'returncode'));
  if (!(code < 0))
    return template("Command '{cmd}' returned non-zero exit status {returncode}.")(texts, address, type);
  const name = signalName(-code);
  const what = name.startsWith('SIG') ? `<Signals.${name}: ${-code}>` : `unknown signal ${-code}`;
  return template(`Command '{cmd}' died with ${what}.`)(texts, address, type);
};

/** Lib/http/client.py, and the same in urllib3. */
export const incompleteReadText: StrReader = ({ objects }, address, type) => {
  const partial = objects.attribute(address, 'partial');
  if (partial === undefined) return undefined;
  const { types, memory, layout } = objects.process;
  const number = objects.number(partial);
  const size = types.isNative(partial, 'bytes')
    ? memory.u64(partial + layout.at('varObject.ob_size'))
    : number;
  const expected = objects.number(objects.attribute(address, 'expected'));
  if (Number.isNaN(size)) return undefined;
  return `${type.short}(${size} bytes read${Number.isNaN(expected) ? '' : `, ${expected} more expected`})`;
};

const argumentText: StrReader = (texts, address, type) => {
  const name = texts.objects.attribute(address, 'argument_name');
  const named = name !== undefined && !texts.isNone(name);
  return template(named ? 'argument {argument_name}: {message}' : '{message}')(texts, address, type);
};

const faultText = (texts: Texts, address: number, type: Parameters<StrReader>[2]): string | undefined =>
  template(`<${type.short} {faultCode}: {faultString!r}>`)(texts, address, type);

const protocolText = (texts: Texts, address: number, type: Parameters<StrReader>[2]): string | undefined =>
  template(`<${type.short} for {url}: {errcode} {errmsg}>`)(texts, address, type);

const inQuotes: StrReader = (texts, address) => quoted(texts.repr(address));

/** Lib/enum.py, `__str__` of Enum and Flag; as of 3.11 a combination of flags without a name shows its value. */
const enumText: StrReader = (texts, address, type) => {
  const { objects } = texts;
  const name = objects.attribute(address, '_name_');
  if (name === undefined) return undefined;
  if (!texts.isNone(name)) return `${type.short}.${texts.str(name)}`;
  // flags without a name of their own: up to 3.10 those of its parts, as `repr` has them
  if (objects.process.layout.minor < 11) return /^<(.+): .*>$/.exec(texts.repr(address))?.[1];
  const value = texts.attribute(address, '_value_');
  return value === undefined ? undefined : `${type.short}(${value})`;
};

export const STANDARD_ERRORS: Library = {
  texts: {
    'subprocess.CalledProcessError': calledProcessText,
    'subprocess.TimeoutExpired': template("Command '{cmd}' timed out after {timeout} seconds"),
    'urllib.error.HTTPError': template('HTTP Error {code}: {msg}'),
    'urllib.error.URLError': template('<urlopen error {reason}>'),
    'http.client.IncompleteRead': incompleteReadText,
    'configparser.Error': template('{message}'),
    'argparse.ArgumentError': argumentText,
    'getopt.GetoptError': template('{msg}'),
    'xmlrpc.client.Fault': faultText,
    'xmlrpc.client.ProtocolError': protocolText,
    'enum.Enum': enumText,
    'enum.Flag': enumText,
    'fractions.Fraction': fractionText,
    'collections.UserString': template('{data}'),
    'uuid.UUID': inQuotes,
    'pathlib.PurePath': pathText,
    'pathlib._local.PurePath': pathText,
    'ipaddress.IPv4Address': inQuotes,
    'ipaddress.IPv6Address': inQuotes,
    'ipaddress._BaseNetwork': inQuotes,
    'ipaddress.IPv4Network': inQuotes,
    'ipaddress.IPv6Network': inQuotes,
    'decimal.Decimal': inQuotes,
    '_pydecimal.Decimal': inQuotes,
    'datetime.datetime': (texts, address) => dateText('date', texts.repr(address)),
    'datetime.date': (texts, address) => dateText('date', texts.repr(address)),
    'datetime.timezone': (texts, address) => dateText('zone', texts.repr(address)),
    '_pydatetime.timezone': (texts, address) => dateText('zone', texts.repr(address)),
    'datetime.timedelta': (texts, address) => dateText('duration', texts.repr(address)),
  },
  reprs: {
    'urllib.error.HTTPError': shownAs((texts, address, type) =>
      template('<HTTPError {code}: {msg!r}>')(texts, address, type),
    ),
    'http.client.IncompleteRead': shownAs(incompleteReadText),
    'configparser.Error': shownAs(template('{message}')),
    'xmlrpc.client.Fault': shownAs(faultText),
    'xmlrpc.client.ProtocolError': shownAs(protocolText),
  },
};

function fractionText(texts: Texts, address: number): string | undefined {
  const [over, under] = ['_numerator', '_denominator'].map((name) => texts.attribute(address, name));
  return over === undefined || under === undefined || under === '1' ? over : `${over}/${under}`;
}

function pathText(texts: Texts, address: number): string | undefined {
  return texts.objects.value(address, 1).string;
}
