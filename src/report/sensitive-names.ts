/**
 * Words of names whose values are not shown.
 *
 * Django: `SafeExceptionReporterFilter.hidden_settings` (django/views/debug.py, 5.2): API, AUTH, TOKEN, KEY, SECRET,
 * PASS, SIGNATURE, HTTP_COOKIE. Sentry: `DEFAULT_DENYLIST` and `DEFAULT_PII_DENYLIST` (sentry_sdk/scrubber.py, 2.68).
 * The rest is what payment, cloud and database clients call theirs.
 */
const WORDS: ReadonlySet<string> = new Set(
  `
  api auth token key secret pass signature cookie
  password passwd apikey credential privatekey session csrftoken sessionid csrf xsrf authorization phpsessid symfony
  pwd passphrase pin otp totp mfa salt nonce jwt bearer sid ssn iban cvv cvc cvv2 pan card creditcard cardnumber credit
  dsn pem authenticate login_token signing hmac
  `
    .trim()
    .split(/\s+/),
);

/** Sentry's names of personal data that no word above catches. */
const NAMES: ReadonlySet<string> = new Set([
  'x_forwarded_for',
  'http_x_forwarded_for',
  'x_real_ip',
  'http_x_real_ip',
  'ip_address',
  'remote_addr',
  'connect.sid',
  'database_url',
  'redis_url',
  'broker_url',
  'celery_broker_url',
]);

/** These are found inside of words too: `mysqlpassword`, `usertoken`, `AWSSecret`. */
const INSIDE =
  /passw(?:or)?d|passphrase|secret|token|credential|api_?key|private_?key|access_?key|cookie|csrf|session/i;

/** Names that hold such a word and never a secret: they say which, how many or whether. */
const HARMLESS =
  /(?:^|_)(?:keyword|keywords|keyboard|public_key|foreign_key|primary_key|sort_key|keys_only)$/i;

/**
 * Is what is called `name` (a variable, an attribute, a dictionary's key, a header, an environment variable) a secret?
 * Names are compared word by word, so that `author` and `monkey` are none: `api_key`, `apiKey`, `API-KEYS` are; so are not `keys`, which are a dictionary's.
 */
export function isSensitiveName(name: string): boolean {
  if (name.length > 200) return false;
  const snake = snakeCase(name);
  if (HARMLESS.test(snake)) return false;
  if (NAMES.has(snake) || INSIDE.test(name)) return true;
  return snake
    .split(/[^a-z\d]+/)
    .some((word) => WORDS.has(word) || (word !== 'keys' && WORDS.has(word.replace(/s$/, ''))));
}

/** How sure it is that the value is a secret wherever else it stands, too. */
export type Certainty = 'sure' | 'unsure' | 'no';

/** These names hold the secret itself, whatever it looks like. */
const SURE =
  /passw(?:or)?d|passphrase|secret|token|credential|authorization|session_?(?:id|key)|sessid|(?:^|_)sid$|(?:api|private|access|signing|encryption)_?key|(?:^|_)(?:pass|pwd|pem|jwt|bearer|cvv2?|cvc|pan|card|creditcard|card_?number|iban|ssn|otp|totp)s?$/i;

/** The last word says that it is something about the secret: its kind, its place, its age. */
const ABOUT =
  /_(?:type|kind|name|field|fields|header|url|uri|path|host|domain|method|class|backend|backends|validators|hashers|length|age|count|engine|view|form|prefix|expires|expiry|expires_in|expires_at|at)$/i;

/** These hide their value in its place alone: a dictionary's or a selector's key, an address. */
const HERE_ONLY = /^_?key$|(?:^|_)(?:cache_key|addr|address|ip|forwarded_for)$/i;

/** The same secret can stand elsewhere, under another name. Only for a name that is a sensitive one. */
export function certaintyOf(name: string): Certainty {
  const snake = snakeCase(name);
  if (HERE_ONLY.test(snake) || ABOUT.test(snake)) return 'no';
  return SURE.test(snake) ? 'sure' : 'unsure';
}

/** `apiKey`, `API-Key` and `api key` as `api_key`. */
function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replaceAll(/[-\s]/g, '_')
    .toLowerCase();
}
