import type { PythonValue } from '../../../src/core/python/value.ts';
import {
  bytes,
  dataclass,
  dict,
  enumMember,
  instance,
  int,
  list,
  none,
  setOf,
  str,
  tuple,
} from './python-values.ts';

/** What of a report a secret is planted in. */
export interface Planted {
  locals?: Record<string, PythonValue>;
  message?: string;
  source?: string;
  cmdline?: string[];
  environment?: Record<string, string>;
  headers?: Record<string, string>;
  path?: string;
  query?: string;
}

/** Which secrets can stand there: `any`; without quotes and line ends; without blanks and signs of the format; random. */
type Alphabet = 'any' | 'line' | 'word' | 'random';

export interface Shape {
  id: string;
  alphabet: Alphabet;
  plant(name: string, secret: string): Planted;
}

const shapes: Shape[] = [];

function value(
  id: string,
  make: (name: string, secret: string) => PythonValue,
  alphabet: Alphabet = 'any',
): void {
  shapes.push({ id, alphabet, plant: (name, secret) => ({ locals: { data: make(name, secret) } }) });
}

/** The text alone, in a list and as bytes, or as the message. */
function text(id: string, make: (name: string, secret: string) => string, alphabet: Alphabet = 'word'): void {
  shapes.push({ id, alphabet, plant: (name, secret) => ({ locals: { body: str(make(name, secret)) } }) });
}

function message(
  id: string,
  make: (name: string, secret: string) => string,
  alphabet: Alphabet = 'word',
): void {
  shapes.push({ id, alphabet, plant: (name, secret) => ({ message: make(name, secret) }) });
}

const json = (value_: unknown): string => JSON.stringify(value_);
const base64 = (value_: string): string => Buffer.from(value_).toString('base64');
const url = encodeURIComponent;
const upper = (name: string): string => name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
const lines = (...all: string[]): PythonValue => list(...all.map(str));

// the tree
shapes.push({ id: 'local', alphabet: 'any', plant: (name, secret) => ({ locals: { [name]: str(secret) } }) });
shapes.push({
  id: 'local-bytes',
  alphabet: 'any',
  plant: (name, secret) => ({ locals: { [name]: bytes(secret) } }),
});
shapes.push({
  id: 'local-list',
  alphabet: 'random',
  plant: (name, secret) => ({ locals: { [name]: list(str(secret)) } }),
});
shapes.push({
  id: 'local-tuple-user',
  alphabet: 'random',
  plant: (name, secret) => ({ locals: { [name]: tuple(str('ada'), str(secret)) } }),
});
shapes.push({
  id: 'local-set',
  alphabet: 'random',
  plant: (name, secret) => ({ locals: { [name]: setOf(str(secret)) } }),
});
shapes.push({
  id: 'local-dict',
  alphabet: 'random',
  plant: (name, secret) => ({ locals: { [name]: dict(['value', str(secret)]) } }),
});
value('dict', (name, secret) => dict([name, str(secret)]));
value('dict-bytes-key', (name, secret) => dict([bytes(name), bytes(secret)]));
value('dict-upper', (name, secret) => dict([upper(name), str(secret)]));
value('dict-nested', (name, secret) => dict(['a', list(dict(['b', dict([name, str(secret)])]))]));
value('dict-header', (name, secret) => dict([`X-${name}`, str(secret)]), 'random');
value('dict-of-list', (name, secret) => dict([name, list(str(secret))]));
value('dict-tuple-key', (name, secret) => dict([tuple(str('default'), str(name)), str(secret)]));
value('dict-enum-key', (name, secret) =>
  dict([enumMember('shop.Setting', upper(name), int(3)), str(secret)]),
);
value('dict-enum-text-key', (name, secret) =>
  dict([enumMember('shop.Setting', 'OPTION', str(name)), str(secret)]),
);
value('pair-tuple', (name, secret) => list(tuple(str(name), str(secret)), tuple(str('page'), str('2'))));
value('pair-list', (name, secret) => list(list(str(name), str(secret))));
value('pair-bytes', (name, secret) => list(tuple(bytes(name), bytes(secret))));
value('pair-alone', (name, secret) => tuple(str(name), str(secret)));
value('pair-of-lists', (name, secret) => tuple(str(name), list(str(secret))));
value('row-name-value', (name, secret) => list(dict(['name', str(name)], ['value', str(secret)])));
value('row-key-value', (name, secret) => dict(['key', str(name)], ['value', str(secret)]));
value('row-Key-Value', (name, secret) => dict(['Key', str(name)], ['Value', str(secret)]));
value('row-field-data', (name, secret) =>
  dict(['field', str(name)], ['data', str(secret)], ['errors', list()]),
);
value('row-value-first', (name, secret) => dict(['value', str(secret)], ['name', str(name)]));
value('row-k-v', (name, secret) => dict(['k', str(name)], ['v', str(secret)]));
value('row-values', (name, secret) => dict(['name', str(name)], ['values', list(str(secret))]));
value('row-object', (name, secret) =>
  instance('http.cookiejar.Cookie', { version: int(0), name: str(name), value: str(secret), port: none }),
);
value('row-dataclass', (name, secret) => dataclass('shop.Setting', { name: str(name), value: str(secret) }));
value(
  'row-nested-value',
  (name, secret) => dict(['name', str(name)], ['value', dict(['content', str(secret)])]),
  'random',
);
value('argv-long', (name, secret) => lines('tool', `--${name}`, secret, '--verbose'));
value('argv-long-equals', (name, secret) => lines('tool', `--${name}=${secret}`, 'x'), 'line');
value('argv-dash-name', (name, secret) => lines('tool', `--${name.replaceAll('_', '-')}`, secret));
value('argv-single-dash', (name, secret) => lines('java', `-${name}`, secret));
value('argv-define', (name, secret) => lines('java', `-D${name}=${secret}`), 'word');
value('argv-mysql', (_, secret) => lines('mysql', '-u', 'shop', `-p${secret}`), 'line');
value('argv-mysqldump-path', (_, secret) => lines('/usr/bin/mysqldump', `-p${secret}`, 'shop'), 'line');
value('argv-sshpass', (_, secret) => lines('sshpass', '-p', secret, 'ssh', 'host'));
value('argv-redis', (_, secret) => lines('redis-cli', '-a', secret, 'ping'));
value('argv-curl', (_, secret) => lines('curl', '-u', `ada:${secret}`, 'https://shop.example/'), 'word');
value('argv-curl-glued', (_, secret) => lines('curl', `-uada:${secret}`, 'https://shop.example/'), 'word');
value(
  'argv-curl-header',
  (_, secret) => lines('curl', '-H', `Authorization: Bearer ${secret}`, 'https://shop.example/'),
  'random',
);
value('argv-openssl', (_, secret) => lines('openssl', 'rsa', '-passin', `pass:${secret}`), 'line');
value('argv-ldap', (_, secret) => lines('ldapsearch', '-x', '-D', 'cn=admin', '-w', secret));
value('argv-env', (name, secret) => lines('env', `${upper(name)}=${secret}`, 'python'), 'word');
value(
  'argv-docker-env',
  (name, secret) => lines('docker', 'run', '-e', `${upper(name)}=${secret}`, 'shop'),
  'word',
);
value('argv-tuple', (name, secret) => tuple(str('tool'), str(`--${name}`), str(secret)));
value('flat-list', (name, secret) => lines('user', 'ada', name, secret), 'random');
value(
  'lines-headers',
  (_, secret) => lines('GET / HTTP/1.1', 'Host: shop.example', `Authorization: Bearer ${secret}`),
  'random',
);
value('lines-env', (name, secret) => lines('DEBUG=1', `${upper(name)}=${secret}`), 'line');
value('lines-ini', (name, secret) => lines('[db]', 'host = db', `${name} = ${secret}`), 'line');
value('lines-yaml-next', (name, secret) => lines('db:', `  ${name}:`, `    ${secret}`), 'word');
value(
  'lines-pem',
  (_, secret) =>
    lines('-----BEGIN PRIVATE KEY-----', base64(secret.repeat(4)), secret, '-----END PRIVATE KEY-----'),
  'random',
);
value(
  'lines-multipart',
  (name, secret) => lines('--b0', `Content-Disposition: form-data; name="${name}"`, '', secret, '--b0--'),
  'line',
);
value('lines-netrc', (_, secret) => lines('machine shop.example', 'login ada', `password ${secret}`), 'word');
value('object', (name, secret) => instance('shop.User', { id: int(3), [name]: str(secret) }));
value('object-private', (name, secret) => instance('shop.User', { [`_${name}`]: str(secret) }));
value('object-mangled', (name, secret) => instance('shop.User', { [`_User__${name}`]: str(secret) }));
value('dataclass', (name, secret) => dataclass('shop.Login', { user: str('ada'), [name]: str(secret) }));
value('namedtuple', (name, secret) => dataclass('shop.Login', { [name]: str(secret), at: int(4) }));
value('pydantic-secret', (name, secret) =>
  dataclass('shop.Settings', {
    [name]: instance('pydantic.types.SecretStr', { _secret_value: str(secret) }),
  }),
);
value('simple-cookie', (_, secret) =>
  dict([
    'sessionid',
    instance('http.cookies.Morsel', {
      _key: str('sessionid'),
      _value: str(secret),
      _coded_value: str(secret),
    }),
  ]),
);
value('simple-cookie-csrf', (_, secret) =>
  dict(['csrftoken', instance('http.cookies.Morsel', { _value: str(secret) })]),
);
value('auth-tuple', (_, secret) => dict(['auth', tuple(str('ada'), str(secret))]));
value('auth-object', (_, secret) =>
  instance('requests.auth.HTTPBasicAuth', { username: str('ada'), password: str(secret) }),
);
value(
  'session-dict',
  (_, secret) => dict(['session', dict(['_auth_user_hash', str(secret)], ['lang', str('en')])]),
  'random',
);
value('django-databases', (_, secret) =>
  dict([
    'default',
    dict(['ENGINE', str('django.db.backends.postgresql')], ['PASSWORD', str(secret)], ['PORT', int(5432)]),
  ]),
);
value('kwargs', (name, secret) => dict(['kwargs', dict([name, str(secret)])]));
value('querydict', (name, secret) => dict([name, list(str(secret), str(secret))]));
value('environ', (name, secret) =>
  instance('os._Environ', { _data: dict([bytes(upper(name)), bytes(secret)]) }),
);
value(
  'path-value',
  (name, secret) =>
    dict([name, { type: 'pathlib.PosixPath', string: secret, text: `PosixPath('${secret}')` }]),
  'random',
);
value(
  'str-subclass',
  (name, secret) => dict([name, { type: 'shop.Text', string: secret, text: `<shop.Text '${secret}'>` }]),
  'random',
);
value('number', (_, secret) =>
  dict(['otp', int(Number.parseInt(Buffer.from(secret).toString('hex').slice(0, 9), 16))]),
);

// texts
text('json', (name, secret) => json({ page: 2, [name]: secret }), 'any');
text('json-pretty', (name, secret) => JSON.stringify({ page: 2, [name]: secret }, null, 2), 'any');
text('json-cut', (name, secret) => json({ page: 2, [name]: secret, more: 'text' }).slice(0, -12), 'any');
text(
  'json-cut-in-secret',
  (name, secret) => json({ page: 2, [name]: `${secret}${secret}${secret}` }).slice(0, -2 - secret.length),
  'word',
);
text('json-in-json', (name, secret) => json({ body: json({ [name]: secret }) }), 'any');
text('json-in-json-in-json', (name, secret) => json({ a: json({ b: json({ [name]: secret }) }) }), 'any');
text('json-list', (name, secret) => json({ [name]: [secret] }), 'any');
text('json-row', (name, secret) => json([{ name, value: secret }]), 'any');
text('json-row-in-json', (name, secret) => json({ body: json([{ name, value: secret }]) }), 'any');
text('json-pair', (name, secret) => json([[name, secret]]), 'any');
text('json-argv', (name, secret) => json(['tool', `--${name}`, secret]), 'any');
text('json-nested', (name, secret) => json({ a: [{ b: { [name]: secret } }] }), 'any');
text(
  'json-number',
  (_, secret) => `{"pin": ${Number.parseInt(Buffer.from(secret).toString('hex').slice(0, 8), 16)}}`,
  'any',
);
text('json-lines', (name, secret) => `${json({ a: 1 })}\n${json({ [name]: secret })}\n`, 'any');
text('json-in-form', (name, secret) => `payload=${url(json({ [name]: secret }))}`, 'any');
text('python-dict', (name, secret) => `{'page': 2, '${name}': '${secret}'}`, 'line');
text('python-tuple', (name, secret) => `[('${name}', '${secret}'), ('a', 'b')]`, 'line');
text('python-bytes', (name, secret) => `{b'${name}': b'${secret}'}`, 'line');
text('python-call', (name, secret) => `connect(host='db', ${name}='${secret}', port=5)`, 'line');
text('python-repr', (name, secret) => `User(id=3, ${name}='${secret}')`, 'line');
text('python-object', (name, secret) => `<User id=3 ${name}=${secret}>`, 'word');
text('python-repr-of-json', (name, secret) => `body=${`'${json({ [name]: secret })}'`}`, 'word');
text('form', (name, secret) => `page=2&${name}=${url(secret)}&b=1`, 'any');
text('form-last', (name, secret) => `page=2&${name}=${url(secret)}`, 'any');
text('form-bracket', (name, secret) => `user[${name}]=${url(secret)}&a=1`, 'any');
text('form-bracket-encoded', (name, secret) => `user%5B${name}%5D=${url(secret)}&a=1`, 'any');
text('form-in-form', (name, secret) => `next=${url(`/login?${name}=${url(secret)}`)}`, 'any');
text('url-password', (_, secret) => `postgres://ada:${url(secret)}@db:5432/shop`, 'any');
text('url-password-raw', (_, secret) => `amqp://ada:${secret}@mq:5672//`, 'word');
text('url-password-only', (_, secret) => `redis://:${url(secret)}@cache/0`, 'any');
text('url-user-only', (_, secret) => `https://${secret}@git.example/repo.git`, 'random');
text('url-token-basic', (_, secret) => `https://${secret}:x-oauth-basic@git.example/repo.git`, 'random');
text('url-query', (name, secret) => `https://shop.example/a?b=1&${name}=${url(secret)}`, 'any');
text('url-fragment', (_, secret) => `https://shop.example/cb#access_token=${url(secret)}&state=1`, 'any');
text('url-reset', (_, secret) => `https://shop.example/accounts/reset/MQ/${secret}/`, 'random');
text('url-sqlalchemy', (_, secret) => `mysql+pymysql://ada:${url(secret)}@db/shop?charset=utf8`, 'any');
text('url-mongo-hosts', (_, secret) => `mongodb+srv://ada:${url(secret)}@a.example,b.example/shop`, 'any');
text(
  'url-sentry',
  (_, secret) =>
    `https://${Buffer.from(secret).toString('hex').padEnd(32, '7').slice(0, 32)}@o1.ingest.sentry.example/2`,
  'random',
);
text('url-slashed', (_, secret) => `postgres://ada:${secret}/x#1@db:5432/shop`, 'word');
text(
  'dsn-libpq',
  (_, secret) => `host=db port=5432 dbname=shop user=ada password=${secret} sslmode=disable`,
  'word',
);
text('dsn-libpq-quoted', (_, secret) => `host=db password='${secret}' user=ada`, 'line');
text('dsn-jdbc', (_, secret) => `jdbc:mysql://db/shop?user=ada&password=${secret}`, 'word');
text('odbc', (_, secret) => `DRIVER={ODBC Driver 18};SERVER=db;UID=ada;PWD=${secret};Encrypt=yes`, 'word');
text('odbc-braces', (_, secret) => `DRIVER={X};UID=ada;PWD={${secret}};Encrypt=yes`, 'line');
text('dotnet', (_, secret) => `Server=db;User Id=ada;Password=${secret};`, 'word');
text(
  'azure-storage',
  (_, secret) =>
    `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${secret}==;EndpointSuffix=core.example`,
  'word',
);
text(
  'azure-bus',
  (_, secret) => `Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey=${secret}=`,
  'word',
);
text('oracle-ezconnect', (_, secret) => `sqlplus ada/${secret}@db/shop`, 'random');
text('header-bearer', (_, secret) => `Authorization: Bearer ${secret}`, 'word');
text('header-basic', (_, secret) => `Authorization: Basic ${base64(`ada:${secret}`)}`, 'any');
text('header-lower-basic', (_, secret) => `authorization: basic ${secret}`, 'word');
text('header-negotiate', (_, secret) => `Authorization: Negotiate ${secret}`, 'word');
text('header-apikey', (_, secret) => `Authorization: ApiKey ${secret}`, 'word');
text(
  'header-aws',
  (_, secret) =>
    `Authorization: AWS4-HMAC-SHA256 Credential=AK/2026/eu/s3/aws4_request, SignedHeaders=host, Signature=${secret}`,
  'word',
);
text(
  'header-digest',
  (_, secret) => `Proxy-Authorization: Digest username="x", response="${secret}"`,
  'line',
);
text('header-bare', (_, secret) => `Authorization: ${secret}`, 'word');
text('header-custom-scheme', (_, secret) => `Authorization: Shop-Token ${secret}`, 'word');
text('header-x-key', (_, secret) => `Host: a\r\nX-Shop-Key: ${secret}\r\nAccept: */*`, 'word');
text('header-x-api-key', (_, secret) => `GET / HTTP/1.1\r\nX-Api-Key: ${secret}\r\n\r\n`, 'line');
text('header-x-auth-token', (_, secret) => `X-Auth-Token: ${secret}`, 'word');
text('header-cookie', (_, secret) => `Host: a\r\nCookie: theme=dark; sessionid=${secret}\r\n`, 'word');
text('header-set-cookie', (_, secret) => `Set-Cookie: sid=${secret}; Path=/; HttpOnly`, 'word');
text('header-folded', (_, secret) => `Authorization: Bearer\r\n ${secret}\r\nHost: a`, 'word');
text('header-in-json', (_, secret) => json({ headers: { Authorization: `Token ${secret}` } }), 'word');
text('cookie-text', (_, secret) => `theme=dark; sessionid=${secret}; lang=en`, 'word');
text(
  'csrf-html',
  (_, secret) => `<input type="hidden" name="csrfmiddlewaretoken" value="${secret}">`,
  'word',
);
text(
  'html-password',
  (_, secret) => `<form><input name="password" type="password" value="${secret}"></form>`,
  'word',
);
text(
  'multipart',
  (name, secret) => `--b0\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${secret}\r\n--b0--\r\n`,
  'line',
);
text(
  'multipart-typed',
  (name, secret) =>
    `--b0\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: text/plain\r\n\r\n${secret}\r\n--b0--`,
  'line',
);
text('xml-element', (name, secret) => `<r><user>ada</user><${name}>${secret}</${name}></r>`, 'word');
text(
  'xml-namespace',
  (name, secret) => `<s:Body><wsse:${name} Type="x">${secret}</wsse:${name}></s:Body>`,
  'word',
);
text('xml-attribute', (name, secret) => `<db host="a" ${name}="${secret}"/>`, 'word');
text('xml-cdata', (name, secret) => `<${name}><![CDATA[${secret}]]></${name}>`, 'word');
text('xml-add', (name, secret) => `<add key="${name}" value="${secret}" />`, 'word');
text('xml-property', (name, secret) => `<property name="${name}">${secret}</property>`, 'word');
text('plist', (name, secret) => `<dict><key>${name}</key><string>${secret}</string></dict>`, 'word');
text('ini', (name, secret) => `[db]\nhost = db\n${name} = ${secret}\nport = 5`, 'line');
text('ini-quoted', (name, secret) => `[db]\n${name} = "${secret}"\n`, 'line');
text('env-file', (name, secret) => `DEBUG=1\n${upper(name)}=${secret}\nPORT=5`, 'line');
text('env-export', (name, secret) => `export ${upper(name)}='${secret}'\n`, 'line');
text('properties', (name, secret) => `db.host=db\ndb.${name}=${secret}\n`, 'line');
text('yaml', (name, secret) => `db:\n  host: db\n  ${name}: ${secret}\n`, 'line');
text('yaml-quoted', (name, secret) => `db:\n  ${name}: "${secret}"\n`, 'line');
text('yaml-next-line', (name, secret) => `${name}: \n  ${secret}\nhost: db`, 'word');
text('yaml-block', (name, secret) => `${name}: |\n  ${secret}\n  more\nhost: db`, 'line');
text('yaml-list', (name, secret) => `${name}:\n  - ${secret}\n  - x\nhost: db`, 'line');
text('toml', (name, secret) => `[db]\n${name} = '${secret}'\n`, 'line');
text('toml-triple', (name, secret) => `${name} = """${secret}"""\n`, 'line');
text('hcl', (name, secret) => `resource "x" {\n  ${name} = "${secret}"\n}`, 'line');
text('go', (name, secret) => `${name} := "${secret}"`, 'line');
text('ruby', (name, secret) => `{:${name} => "${secret}"}`, 'line');
text('php', (name, secret) => `$config['${name}'] = '${secret}';`, 'line');
text('php-define', (name, secret) => `define('${upper(name)}', '${secret}');`, 'line');
text('netrc', (_, secret) => `machine shop.example login ada password ${secret}`, 'word');
text('netrc-lines', (_, secret) => `machine shop.example\n  login ada\n  password ${secret}\n`, 'word');
text('pgpass', (_, secret) => `db.example:5432:shop:ada:${secret}`, 'word');
text('pgpass-star', (_, secret) => `*:*:*:ada:${secret}`, 'word');
text('sql-identified', (_, secret) => `CREATE USER 'ada'@'%' IDENTIFIED BY '${secret}'`, 'line');
text('sql-password', (_, secret) => `ALTER ROLE ada WITH LOGIN PASSWORD '${secret}'`, 'line');
text(
  'sql-encrypted',
  (_, secret) => `CREATE ROLE ada ENCRYPTED PASSWORD '${secret}' VALID UNTIL 'infinity'`,
  'line',
);
text('sql-set', (_, secret) => `UPDATE users SET password = '${secret}' WHERE id = 3`, 'line');
text('sql-set-for', (_, secret) => `SET PASSWORD FOR 'ada'@'%' = '${secret}'`, 'line');
text('sql-oracle', (_, secret) => `CREATE USER ada IDENTIFIED BY ${secret}`, 'word');
text('sql-insert', (_, secret) => `INSERT INTO users (name, password) VALUES ('ada', '${secret}')`, 'line');
text(
  'pem',
  (_, secret) =>
    `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n${base64(secret.repeat(3))}\n-----END RSA PRIVATE KEY-----`,
  'random',
);
text('pem-cut', (_, secret) => `x -----BEGIN EC PRIVATE KEY-----\n${secret}`, 'random');
text('pem-tail', (_, secret) => `MIIEvQIBADAN\n${secret}\n-----END PRIVATE KEY-----\n`, 'random');
text(
  'pem-escaped',
  (_, secret) => json({ private: `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n` }),
  'random',
);
text(
  'pem-one-line',
  (_, secret) => `-----BEGIN PRIVATE KEY----- ${secret} -----END PRIVATE KEY-----`,
  'random',
);
text(
  'pgp',
  (_, secret) =>
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n${secret}\n-----END PGP PRIVATE KEY BLOCK-----`,
  'random',
);
text(
  'openssh',
  (_, secret) => `-----BEGIN OPENSSH PRIVATE KEY-----\n${secret}\n-----END OPENSSH PRIVATE KEY-----`,
  'random',
);
text(
  'ssh2',
  (_, secret) =>
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: x\n${secret}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
  'random',
);
text(
  'putty',
  (_, secret) => `PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n${secret}\nPrivate-MAC: 00\n`,
  'random',
);
text('command-long', (name, secret) => `tool --${name} ${secret} --verbose`, 'word');
text('command-equals', (name, secret) => `tool --${name}=${secret} --verbose`, 'word');
text('command-quoted', (name, secret) => `tool --${name} '${secret}' x`, 'line');
text('command-mysql', (_, secret) => `mysql -u shop -p${secret} shop`, 'word');
text('command-curl', (_, secret) => `curl -s -u ada:${secret} https://shop.example/`, 'word');
text('command-curl-header', (_, secret) => `curl -H 'X-Api-Key: ${secret}' https://shop.example/`, 'word');
text(
  'command-curl-data',
  (name, secret) => `curl -d '${json({ [name]: secret })}' https://shop.example/`,
  'word',
);
text('command-sshpass', (_, secret) => `sshpass -p ${secret} ssh ada@host`, 'word');
text('command-env', (name, secret) => `${upper(name)}=${secret} python manage.py`, 'word');
text('command-pgpassword', (_, secret) => `PGPASSWORD='${secret}' psql -h db`, 'line');
text('command-echo', (name, secret) => `echo "${name}: ${secret}" > x`, 'word');
text('netcat-auth', (_, secret) => `AUTH PLAIN ${base64(`\0ada\0${secret}`)}`, 'any');
text('log-line', (name, secret) => `2026-11-30 12:00:01 INFO login user=ada ${name}=${secret} ok`, 'word');
text('log-colon', (name, secret) => `12:00:01 [INFO] connecting; ${name}: ${secret}`, 'random');
text('log-json', (name, secret) => `INFO request {"user": "ada", "${name}": "${secret}"} took 3 ms`, 'line');
text('repr-escaped', (name, secret) => `'{\\'${name}\\': \\'${secret}\\'}'`, 'word');
text(
  'html-escaped-json',
  (name, secret) => `<div data-x="{&quot;${name}&quot;: &quot;${secret}&quot;}">`,
  'word',
);
text('bytes-json', (name, secret) => `b'${json({ [name]: secret })}'`, 'word');
text('kubernetes-secret', (name, secret) => `kind: Secret\ndata:\n  ${name}: ${base64(secret)}\n`, 'any');
text(
  'docker-compose',
  (name, secret) => `services:\n  db:\n    environment:\n      - ${upper(name)}=${secret}\n`,
  'word',
);
text('dockerfile', (name, secret) => `FROM x\nENV ${upper(name)}=${secret}\n`, 'word');
text('csv', (_, secret) => `name,password\nada,${secret}\n`, 'random');
text('ldif', (_, secret) => `dn: cn=ada\nuserPassword:: ${base64(secret)}\n`, 'any');
text('wpa', (_, secret) => `network={\n  ssid="home"\n  psk="${secret}"\n}`, 'line');
text(
  'git-credentials',
  (_, secret) => `protocol=https\nhost=x.example\nusername=ada\npassword=${secret}\n`,
  'line',
);
text('pip-index', (_, secret) => `https://__token__:${secret}@pypi.example/simple`, 'word');
text('npmrc', (_, secret) => `//registry.example/:_authToken=${secret}`, 'word');
text('pypirc', (_, secret) => `[pypi]\nusername = __token__\npassword = ${secret}`, 'line');
text(
  'aws-credentials',
  (_, secret) => `[default]\naws_access_key_id = x\naws_secret_access_key = ${secret}\n`,
  'line',
);
text('smtp-url', (_, secret) => `smtps://ada%40x.example:${url(secret)}@mail.example:465`, 'any');
text('graphql', (name, secret) => `mutation { login(user: "ada", ${name}: "${secret}") { id } }`, 'line');
text('soap', (_, secret) => `<wsse:Password Type="#PasswordText">${secret}</wsse:Password>`, 'word');
text('uri-sas', (_, secret) => `https://x.example/c/b?sv=2026&sp=r&sig=${secret}%3D`, 'random');
text('s3-presigned', (_, secret) => `https://b.example/k?X-Amz-Date=1&X-Amz-Signature=${secret}`, 'random');

// sentences
message('says-equals', (name, secret) => `login failed: ${name}=${secret}, user=ada`);
message('says-quoted', (name, secret) => `bad ${name} "${secret}" for ada`, 'random');
message('says-colon-quoted', (name, secret) => `login failed (${name}: '${secret}')`, 'line');
message('says-is', (name, secret) => `the ${name} is ${secret}`, 'random');
message('says-after', (name, secret) => `invalid ${name} ${secret} for ada`, 'random');
message('says-dict', (name, secret) => `{'detail': 'x', '${name}': '${secret}'}`, 'line');
message(
  'says-url',
  (_, secret) => `cannot connect to postgres://ada:${secret}@db:5432/shop: refused`,
  'word',
);
message(
  'says-sqlalchemy',
  (name, secret) =>
    `(psycopg2.Error) x\n[SQL: INSERT INTO u (${name}) VALUES (%(${name})s)]\n[parameters: {'${name}': '${secret}'}]`,
  'line',
);
message(
  'says-command',
  (name, secret) => `Command '['tool', '--${name}', '${secret}']' returned non-zero exit status 1.`,
  'line',
);
message(
  'says-mysql-command',
  (_, secret) => `Command 'mysql -ushop -p${secret} shop' returned non-zero exit status 1.`,
  'word',
);
message(
  'says-pydantic',
  (name, secret) =>
    `1 validation error\n${name}\n  too short [type=x, input_value='${secret}', input_type=str]`,
  'random',
);
message('says-key-error', (name, secret) => `KeyError at {'${name}': '${secret}'}`, 'line');

// other places
shapes.push({
  id: 'environment',
  alphabet: 'any',
  plant: (name, secret) => ({ environment: { [upper(name)]: secret } }),
});
shapes.push({
  id: 'environment-url',
  alphabet: 'any',
  plant: (_, secret) => ({ environment: { DATABASE_URL: `postgres://ada:${url(secret)}@db/x` } }),
});
shapes.push({
  id: 'environment-json',
  alphabet: 'any',
  plant: (name, secret) => ({ environment: { CONFIG: json({ [name]: secret }) } }),
});
shapes.push({
  id: 'cmdline',
  alphabet: 'any',
  plant: (name, secret) => ({ cmdline: ['tool', `--${name}`, secret] }),
});
shapes.push({
  id: 'cmdline-equals',
  alphabet: 'line',
  plant: (name, secret) => ({ cmdline: ['tool', `--${name}=${secret}`] }),
});
shapes.push({
  id: 'cmdline-url',
  alphabet: 'any',
  plant: (_, secret) => ({ cmdline: ['celery', '-b', `amqp://a:${url(secret)}@mq//`] }),
});
shapes.push({
  id: 'header',
  alphabet: 'any',
  plant: (name, secret) => ({ headers: { [`X-${name}`]: secret } }),
});
shapes.push({
  id: 'header-authorization',
  alphabet: 'any',
  plant: (_, secret) => ({ headers: { Authorization: secret } }),
});
shapes.push({
  id: 'header-cookie-field',
  alphabet: 'word',
  plant: (_, secret) => ({ headers: { Cookie: `a=1; sessionid=${secret}` } }),
});
shapes.push({
  id: 'query',
  alphabet: 'any',
  plant: (name, secret) => ({ query: `page=2&${name}=${url(secret)}` }),
});
shapes.push({
  id: 'path-reset',
  alphabet: 'random',
  plant: (_, secret) => ({ path: `/accounts/reset/${secret}/` }),
});
shapes.push({
  id: 'source',
  alphabet: 'line',
  plant: (name, secret) => ({ source: `${name} = "${secret}"` }),
});
shapes.push({
  id: 'source-call',
  alphabet: 'line',
  plant: (name, secret) => ({ source: `connect(host, ${name}='${secret}')` }),
});
shapes.push({
  id: 'source-annotated',
  alphabet: 'line',
  plant: (name, secret) => ({ source: `${name}: str = '${secret}'` }),
});

// the same value elsewhere
function elsewhere(id: string, make: (secret: string) => Planted, alphabet: Alphabet = 'random'): void {
  shapes.push({
    id: `elsewhere-${id}`,
    alphabet,
    plant: (name, secret) => {
      const planted = make(secret);
      return { ...planted, locals: { ...planted.locals, [name]: str(secret) } };
    },
  });
}
elsewhere('message', (secret) => ({ message: `refused ${secret} at login` }));
elsewhere('local', (secret) => ({ locals: { a_value: str(`x${secret}y`) } }));
elsewhere('list', (secret) => ({ locals: { args: list(str('ada'), str(secret)) } }));
elsewhere('basic', (secret) => ({ locals: { sent: str(base64(`ada:${secret}`)) } }), 'any');
elsewhere('percent', (secret) => ({ locals: { sent: str(`/x/${url(secret)}/y`) } }), 'any');
elsewhere('hex', (secret) => ({ locals: { sent: str(Buffer.from(secret).toString('hex')) } }), 'any');
elsewhere('repr', (secret) => ({ message: `got ${JSON.stringify(secret)} here` }), 'any');
elsewhere('cut', (secret) => ({ message: `got '${secret.slice(0, -2)}...' here` }));
elsewhere('cut-at-end', (secret) => ({ message: `got ${secret.slice(0, -2)}` }));
elsewhere('cmdline', (secret) => ({ cmdline: ['tool', secret] }));
elsewhere('path', (secret) => ({ path: `/user/${secret}/x` }));
elsewhere('source', (secret) => ({ source: `login("ada", "${secret}")` }));

// formats of tokens, under no name at all
const TOKENS: Record<string, (secret: string) => string> = {
  github: (body) => `ghp_${body.padEnd(36, 'aB3x')}`,
  gitlab: (body) => `glpat-${body.padEnd(20, 'aB3x')}`,
  slack: (body) => `xoxb-123456789012-123456789012-${body.padEnd(24, 'aB3x')}`,
  stripe: (body) => `sk_live_${body.padEnd(24, 'aB3x')}`,
  aws: (body) =>
    `AKIA${body
      .toUpperCase()
      .replaceAll(/[^A-Z2-7]/g, 'Q')
      .padEnd(16, 'J')
      .slice(0, 16)}`,
  google: (body) => `AIza${body.padEnd(35, 'aB3x')}`,
  anthropic: (body) => `sk-ant-api03-${body.padEnd(40, 'aB3x')}`,
  openai: (body) => `sk-proj-${body.padEnd(48, 'aB3x')}`,
  npm: (body) => `npm_${body.padEnd(36, 'aB3x')}`,
  pypi: (body) => `pypi-AgEIcHlwaS5vcmc${body.padEnd(60, 'aB3x')}`,
  sendgrid: (body) => `SG.${body.padEnd(22, 'aB3x')}.${'k9Zq'.repeat(10)}`,
  huggingface: (body) => `hf_${body.padEnd(34, 'aB3x')}`,
  digitalocean: (body) => `dop_v1_${Buffer.from(body).toString('hex').padEnd(64, '7')}`,
  shopify: (body) => `shpat_${Buffer.from(body).toString('hex').padEnd(32, '7')}`,
  vault: (body) => `hvs.${body.padEnd(90, 'aB3x')}`,
  jwt: (body) =>
    `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"sub":"${body}"}`).toString('base64url')}.${body}abcdef`,
  djangohash: (body) => `pbkdf2_sha256$720000$${body}$${base64(body.repeat(3))}`,
  bcrypt: (body) => `$2b$12$${body.padEnd(53, 'aB3x')}`,
  sha512crypt: (body) => `$6$saltsalt$${body.padEnd(86, 'aB3x')}`,
  awssecret: (body) => `${body}/K7MDENG/bPxRfiCYzEXAMPLEK3Y`,
  telegram: (body) => `bot1234567890:AA${body.padEnd(33, 'aB3x')}`,
};
for (const [id, make] of Object.entries(TOKENS)) {
  shapes.push({
    id: `token-${id}`,
    alphabet: 'random',
    plant: (_, secret) => ({ locals: { x: str(make(secret)) }, message: `with ${make(secret)}.` }),
  });
}

export const SHAPES: readonly Shape[] = shapes;
