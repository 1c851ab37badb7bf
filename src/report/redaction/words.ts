/** The letters of Latin alphabets that Unicode does not take apart into a letter and its accent. */
const WHOLE: Readonly<Record<string, string>> = {
  ł: 'l',
  Ł: 'L',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ı: 'i',
  ß: 's',
};

/** `hasło` as `haslo`, `contraseña` as `contrasena`: names are written in both ways. Only Latin letters change. */
export function withoutAccents(text: string): string {
  return text.replaceAll(/[À-ɏ]/g, (letter) => WHOLE[letter] ?? letter.normalize('NFD').charAt(0));
}

/**
 * The words of names, by what they say about the value. Names are split into them (names.ts), so that every name that
 * people make of them is judged, not only those that were thought of.
 *
 * From Django's `SafeExceptionReporterFilter.hidden_settings` (django/views/debug.py, 5.2), Sentry's `DEFAULT_DENYLIST`
 * and `DEFAULT_PII_DENYLIST` (sentry_sdk/scrubber.py, 2.68), and what database, payment and cloud clients call theirs.
 */
function set(words: string): ReadonlySet<string> {
  return new Set(withoutAccents(words).trim().split(/\s+/));
}

/** Their values are secrets whatever they look like: a short word, a number. */
export const STRONG: ReadonlySet<string> = set(`
  password passwd passwort kennwort pswd psw pass pwd pw passphrase passcode passkey passwds secret credential cred
  contrasena senha motdepasse mdp parola haslo geslo zaporka sifre sifra jelszo passord wagwoord pasahitza contrasinal pasvorto salasõna lykilorð slaptazodis lösen losen kodeord geheim geheimnis zugangscode tajne wachtwoord пароль 密码 パスワード
  pin otp totp hotp cvv cvc cvn csc ssn iban mnemonic psk apikey privatekey secretkey accesskey cardnumber
  passw passwrd pasword contrasenya clave heslo lozinka parool salasana losenord adgangskode
  passe mdp lykilord tajemstvi kek pepper puk mtan xprv nthash lmhash
  authorization creditcard requirepass masterauth bindpw
`);

/** Their values are secrets where they are texts; numbers, paths and addresses are not. */
export const WEAK: ReadonlySet<string> = set(`
  samlresponse samlrequest assertion
  token tok tkn bearer csrf xsrf csrftoken csrfmiddlewaretoken jwt cookie sid sessid sessionid sessionkey phpsessid jsessionid
  aspxauth htpasswd pat
`);

/** Their values are secrets where they look like one: random. */
export const DOUBTFUL: ReadonlySet<string> = set(`
  key auth api session sess card credit signature sig sign signing hmac salt nonce dsn pem license licence cert otc seed
  mfa tfa pan cipher webhook ticket symfony oauth sso saml ntlm kerberos verifier challenge licensekey
  assertion passes authtok accesscode magic
  remember autologin persistent community sas presigned priv access refresh jws jwk tgt shadow iv dek authz basic voucher coupon activation wallet unseal wif
`);

/** With one of these before it, a `key` is a secret. */
export const KEY_OF: ReadonlySet<string> = set(`
  api private secret access signing sign encryption encrypt encrypting decryption decrypt crypto crypt cipher ssh ssl tls
  auth authentication authorization master license licence account storage shared app application service hmac jwt webhook
  server consumer subscription function functions security session admin root user client deploy deployment fernet
  vapid wpa wep wifi gpg pgp rsa dsa ecdsa ed aes des mac cookie flask django stripe aws gcp azure openai
  anthropic github gitlab slack twilio sendgrid mailgun mailchimp datadog newrelic sentry algolia maps google firebase
  host symmetric wallet recovery activation product serial registration instance team bot write ingest developer
  dev prod production staging live test sandbox integration platform project tenant org organization workspace
  db database redis minio smtp merchant gateway partner priv sec preshared enc wlan unseal sa cd gcs cosmos fastly apns fcm opsgenie
  pagerduty cohere mistral mandrill sendinblue postmark nexmo vonage hcloud linode digitalocean do vercel netlify okta auth0 hub
  rollbar bugsnag honeycomb grafana influx elastic es mongo gitea bitbucket jira confluence notion airtable trello asana zoom
  line whatsapp viber plaid coinbase binance kraken alpaca device agent user login crypt mail cloudflare heroku paypal square adyen braintree shopify x
`);

/** With one of these before it, a `key` is a name in a table, a cache or a queue, or known to everybody. */
export const PLAIN_KEY: ReadonlySet<string> = set(`
  public primary foreign sort partition range group order dict map cache lookup index unique composite natural
  surrogate candidate config configuration setting settings translation i18n message msg routing row column object item
  arrow idempotency idempotence dedup deduplication sharding shard rate ratelimit throttle limit metric stats feature flag
  json xml yaml field attribute attr property prop param parameter header option hot shortcut keyboard press
  parent child related related join merge compare comparison filter search sorting sorted grouping bucket
  path file s3object blob url route ctx context env variable var lang locale label tag publishable site sitekey
  default missing unknown invalid bad duplicate error wrong expected first last next prev previous start end left right
  up down enter escape tab home min max root_key kv store state registry entity document doc node edge graph hash_range
  hstore jsonb enum choice type kind model table schema section prefix base cachekey
`);

/** With one of these before it, a `token` is a word of a language, a page or a signal. */
export const PLAIN_TOKEN: ReadonlySet<string> = set(`
  next page continuation pagination sync eos bos pad unk sep cls mask special stop prompt completion input output cached
  cancel cancellation max min total num first last current prev previous lex lexer parse parser syntax lookahead start end
  unexpected expected generated context reasoning thinking vocab vocabulary word template block string number operator
  count used remaining available new_line newline indent dedent
`);

/** With one of these before it, a `code` is a secret. */
export const CODE_OF: ReadonlySet<string> = set(`
  otp totp cvv cvc mfa 2fa fa tfa verification verify security auth authorization authorisation authentication recovery
  backup access pin sms login confirmation confirm activation reset invite invitation unlock one time onetime device
  gift voucher email door magic gate entry alarm grant authz pairing claim redeem link invitee
`);

/** With one of these before them, words, a phrase and a seed are a secret. */
export const SEED_OF: ReadonlySet<string> = set(`
  seed recovery backup unlock secret mnemonic wallet mfa otp totp hotp 2fa fa hmac master bip39 keystore
`);

/** As the last word they say that the value is something about a secret: how many, which, where, whether, since when. */
export const ABOUT: ReadonlySet<string> = set(`
  count counts counter num total size sizes length len limit limits max min maximum minimum rate rates ratio percent
  percentage pct average avg sum quota usage used remaining budget cost price amount balance fee
  url urls uri uris endpoint endpoints host hosts hostname port address path paths file files filename dir directory
  folder location region zone domain domains route routes redirect link href
  type types kind kinds category class cls method methods mode modes status state states stage level levels version
  format encoding charset algorithm algorithms alg algo algos hasher hashers curve bits
  name names label labels title caption placeholder field fields column columns attribute attr attrs property
  parameter param params arg args argument header headers prefix suffix separator delimiter pattern regex regexp
  error errors err exception exceptions exc failure failures failed fail message messages msg reason reasons warning warnings
  help hint hints description desc comment text_label tooltip
  expiry expires expire expired expiration exp ttl timeout timeouts age lifetime duration interval period time times
  timestamp date datetime day days hour hours minute minutes second seconds ms at created updated issued changed modified
  rotated until since before after delta window grace
  valid validity validator validators validation verified policy policies rule rules strength score complexity
  required requires enabled disabled allowed supported exists present found missing active revoked blocked locked
  changed reset_required matches match equal differs is ok success
  backend backends engine engines provider providers manager managers factory handler handlers view views form forms
  widget widgets template serializer serializers model models middleware generator getter setter parser reader writer loader
  function func fn callback hook hooks plugin plugins adapter resolver module package library client_class permission
  permissions scope scopes audience issuer issuers usage schema spec config settings options
  index idx position pos offset order ordering rank sort row line lineno
  attempt attempts retries retry tries failures usages requests reset_url reset_timeout history
  style color colour icon image layout board boards stroke press pressed release up down
  mismatch incorrect similar common short long weak strong arn arns uuid
  up holder holders owner owners brand network issuer_name product expmonth expyear
  through fail filter interceptor store storage cache pool queue table
  log logs logger event events set sets group groups list_url map mapping
  ref refs reference references country city area state district branch office news source sources channel channels none null empty blank
  pair_count id_field cnt nr no number numbers quantity qty
`);

/** After a secret's word these change nothing: the value is still it, or made of it. */
export const NEUTRAL: ReadonlySet<string> = set(`
  value values val data str string text raw plain plaintext clear cleartext bytes byte b64 base64 hex hash hashed
  digest encoded enc encrypted decrypted material content contents payload body blob pem der json again repeat repeated
  confirm confirmation confirmed verify check new old current previous original initial default temp tmp temporary
  my the of for to in from and or with by on input env environ environment
`);

/** Before a secret's word these ask whether or how many. */
export const ASKS: ReadonlySet<string> = set(`
  max min num total count is has have use uses using used require requires required enable enabled disable disabled allow
  allowed should need needs can show hide support supports without missing no number len avg sum remaining n
  skip ignore check_if verify_if gpio led
`);

/** As the first word they say that the value is a text or a command, in which a secret's word can stand: `msg_pass`. */
export const TEXT_OF: ReadonlySet<string> = set(`
  msg message line log cmd command argv args label help hint error err prompt title desc description warning notice
  caption tooltip sentence
`);

/** Parts of glued names: `dbpass`, `signingkey`, `userpwd`. */
export const GLUE: ReadonlySet<string> = set(`
  db sql mysql pg postgres postgresql mariadb mongo mongodb redis rabbit rabbitmq amqp celery broker oracle mssql ldap
  ad ftp sftp ssh ssl tls smtp imap pop mail email vpn wifi proxy http https web www api app apps application site
  user usr username account acct admin administrator root super superuser sys system master slave owner guest login
  logon signin signup customer client server service svc host node cluster cloud aws s3 gcp azure google github gitlab
  git slack stripe paypal twilio sendgrid sentry docker k8s vault jenkins jira bot hub npm pypi telegram discord facebook
  twitter fb ms my our your new old temp tmp test dev stage staging prod production live local remote public private priv
  shared access refresh id auth oauth jwt csrf session sess signing sign signed encryption encrypt enc crypt crypto
  decrypt hmac mac hash hashed salt security sec secure safe code codes number num no value val str string text txt raw plain
  clear base64 b64 hex data file conf cfg config env var bank pay payment card credit debit otp sms mfa 2fa pin cvv
  one time key keys pass the repeat confirm again verify reset recovery backup activation verification consumer
  subscription license product pre github gitlab pat
`);

/** English words in which a secret's word stands by chance. */
export const ENGLISH: ReadonlySet<string> = set(`
  compass bypass trespass overpass underpass surpass encompass impass impasse lampass monkey donkey turkey whiskey
  hockey jockey lackey mickey malarkey flunkey keyboard hotkey latchkey lowkey offkey hokey pokey smokey jokey turnkey passkeyword
  secretary secretaries secretariat secretion secrete secreted secretive secretly tokenize tokenizer tokenized tokenise
  tokeniser tokenization tokenisation tokenizers tokenizing passenger passengers passage passages passing passed passive passion
  passport passports passthrough passover password_less author authors authored authority authorities authentic authoring
  keynote keystone keyframe keyframes keyspace keystroke keypress keydown keyup keyword keywords keyerror
  pinterest spin pine pink ping sessions_count cardinal cardiff cardboard cardio cardigan discard wildcard postcard scorecard
  dashboard flashcard vcard tarot monkeypatch
`);

/** As the last word they say what a random value is, and that it is no secret: a request, a commit, a checksum, a place. */
export const IDENTIFIES: ReadonlySet<string> = set(`
  id ids uuid guid ulid ksuid nanoid oid pk cid gid pid tid sha sha1 sha256 sha512 md5 crc crc32 digest digests checksum checksums hash etag
  commit commits revision rev changeset trace traces traceparent span request correlation build version serial fingerprint
  thumbprint integrity image container pod pods node instance instances host hosts hostname shard ref refs branch tag tags slug sku
  vin isbn path file filename folder dir bucket url uri user users username login customer account
  intent invoice order worker process thread queue topic partition offset cursor page boundary block address mac ip
  name title class module function method path locale city street model device plate field column table
  database db schema namespace cluster region zone project package backend by tx txid txn transaction batch msgid
`);
