import { SHAPES, type Planted, type Shape } from './shapes.ts';

/** Names as people make them; none of them is in a list of the redaction as it stands here. */
const NAMES =
  `password passwd pwd pw pass passphrase passcode db_password dbpass dbPassword userpass rootpw adminpwd mysql_pwd pg_pass
  secret client_secret clientSecret app_secret secret_key secretKey api_key apiKey apikey api_token access_token refreshToken
  auth_token authToken bearer_token private_key privateKey signing_key signingkey encryption_key encryptionkey ssh_key_passphrase
  smtp_password email_pass redis_password ldap_bind_password keystore_password wifi_password new_password1 password2 old_password
  webhook_secret jwt_secret session_secret cookie_secret shared_secret consumer_secret oauth_token_secret
  master_key storage_account_key otp_secret totp_secret recovery_code security_code pin_code card_cvv
  github_token slack_token bot_token stripe_secret acme_password acmetoken hunterpass creds credential passwort vault_token
  password_confirmation password_repeat admin_password_hash secret_access_key service_key`
    .trim()
    .split(/\s+/);

export interface Item {
  shape: Shape;
  name: string;
  secret: string;
  planted: Planted;
}

/** mulberry32: the same corpus from the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const LETTERS = 'abcdefghijkmnpqrstuvwxyz';
const ALL = `${LETTERS}ABCDEFGHJKLMNPQRSTUVWXYZ23456789`;

function secretOf(alphabet: Shape['alphabet'], next: () => number): string {
  const pick = (from: string, count: number): string =>
    Array.from({ length: count }, () => from[Math.floor(next() * from.length)]).join('');
  const word = (): string => pick(LETTERS, 4 + Math.floor(next() * 4));
  const randoms = [
    () =>
      `K${pick(LETTERS, 1)}${pick('23456789', 2)}${pick(LETTERS, 2)}${pick('23456789', 2)}L${pick(LETTERS, 1)}`,
    () =>
      `${pick('ABCDEFG', 1)}${pick('23456789', 1)}${pick(LETTERS, 1)}${pick(ALL, 10)}${pick('23456789', 1)}${pick(LETTERS, 1)}`,
    () => `q${pick('23456789', 1)}${pick('abcdef0123456789', 28)}7a`,
    () => `Z${pick('23456789', 1)}k${pick(ALL, 20)}4w`,
  ];
  const words = [
    ...randoms,
    () => `${word()}-${word()}-${pick('23456789', 1)}`,
    () => `${word()}${word()}`,
    () => `${word()}${pick('23456789', 2)}`,
    () => `${pick(ALL, 4)}!${pick(ALL, 3)}#${pick(ALL, 2)}`,
    () => `${word()}_${pick(ALL, 5)}.${pick(ALL, 3)}`,
  ];
  const line = [
    ...words,
    () => `${word()} ${word()} ${word()} ${word()}`,
    () => `${pick(ALL, 5)};${pick(ALL, 3)},${pick(ALL, 2)}`,
  ];
  const any = [
    ...line,
    () => `${pick(ALL, 4)}"${pick(ALL, 4)}`,
    () => `${pick(ALL, 4)}'${pick(ALL, 4)}`,
    () => `${pick(ALL, 4)}\\${pick(ALL, 4)}`,
    () => `${pick(ALL, 3)}&${pick(ALL, 2)}=${pick(ALL, 3)}%${pick(ALL, 2)}`,
    () => `${pick(ALL, 4)}é${pick(ALL, 4)}ß`,
  ];
  const makers = { random: randoms, word: words, line, any }[alphabet];
  return makers[Math.floor(next() * makers.length)]?.() ?? '';
}

/** `each` secrets for every shape. */
export function corpus(each: number, seed: number, shapes: readonly Shape[] = SHAPES): Item[] {
  const next = random(seed);
  return shapes.flatMap((shape) =>
    Array.from({ length: each }, () => {
      const name = NAMES[Math.floor(next() * NAMES.length)] ?? '';
      const secret = secretOf(shape.alphabet, next);
      return { shape, name, secret, planted: shape.plant(name, secret) };
    }),
  );
}
