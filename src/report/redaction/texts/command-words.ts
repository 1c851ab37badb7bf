import { isPlaceholder, looksRandom } from '../looks.ts';
import { judgeName, type NameKind } from '../names.ts';
import { wordOfProtocol } from './protocols.ts';

/** Options of one letter that take a secret, by program; `glued`: the secret can follow at once, as in `mysql -psecret`. */
const SHORT: readonly (readonly [RegExp, string, 'next' | 'glued' | 'user'])[] = [
  [/^(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlcheck|mariadb[\w-]*|mycli|mytop)$/, 'p', 'glued'],
  [
    /^(?:sshpass|useradd|usermod|mongo|mongosh|mongodump|mongorestore|docker|podman|helm|oc|cf|az|ibmcloud|rabbitmqadmin|kinit|smbclient|net|nmcli|openssl|keytool|wget|7z|7za|zip|unzip|rar|unrar|influx|cqlsh|vsql|bteq)$/,
    'p',
    'glued',
  ],
  [/^(?:sqlcmd|bcp|isql|tsql|osql)$/, 'P', 'glued'],
  [/^(?:zip|unzip)$/, 'P', 'next'],
  [/^redis-cli$/, 'a', 'next'],
  [/^(?:ldap\w+)$/, 'w', 'next'],
  [/^(?:curl|http|https|xh|httpie)$/, 'u', 'user'],
  [/^(?:curl|http|https|xh|httpie)$/, 'a', 'user'],
  [/^(?:curl)$/, 'U', 'user'],
  [/^(?:smbclient|rpcclient|net)$/, 'U', 'user'],
  [/^(?:snmp\w+)$/, 'A', 'next'],
  [/^(?:snmp\w+)$/, 'X', 'next'],
  [/^(?:snmp\w+)$/, 'c', 'next'],
  [/^(?:mosquitto_\w+)$/, 'P', 'next'],
  [/^openssl$/, 'k', 'next'],
];

/** These take secrets as plain words: `htpasswd -b file user x`, `vault login x`, `net use z: x`. */
const BARE = /^(?:htpasswd|chpasswd|vault|net|expect|kinit|passwd|sshpass)$/;

/** Words of a line that may be a command line, or a command of a protocol. */
export const COMMAND =
  /^(?:-|pass:)|^(?:login|use|setx?|setenv|SETX?|ENV|ARG|AUTH|AUTHENTICATE|LOGIN|APOP|OPER|SETUSER|identify|IDENTIFY|echo|printf)$/;

/** A part of one word of a command line. */
export interface WordPart {
  word: number;
  start: number;
  end: number;
  kind: NameKind;
}

/**
 * The secrets of a command line: `--password x`, `--password=x` is an assignment and found as such, `-psecret` and
 * `-u user:secret` of the programs that have these, `-passin pass:x` of openssl.
 */
export function secretWords(words: readonly string[]): WordPart[] {
  const parts: WordPart[] = [];
  const programs = words
    .slice(0, 12)
    .map((word) => word.slice(word.lastIndexOf('/') + 1).replaceAll(/^['"([]+|['",)\]]+$/g, ''));
  const short = SHORT.filter(([program]) => programs.some((each) => program.test(each)));
  const hide = (word: number, start: number, kind: NameKind): void => {
    const text = words[word];
    if (text === undefined || text.length <= start || isPlaceholder(text.slice(start))) return;
    parts.push({ word, start, end: text.length, kind });
  };
  const bare = programs.some((each) => BARE.test(each)) || words.includes('--password-stdin');
  const piped = /-stdin|<\(|sudo.* -S|passphrase-fd|chpasswd/.test(words.join(' ').slice(0, 2000));
  if (words.length > 3 && programs.includes('htpasswd') && words.some((word) => /^-\w*b/.test(word)))
    hide(words.length - 1, 0, 'strong');
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (bare && !word.startsWith('-') && looksRandom(word) && !/[:/]/.test(word)) hide(at, 0, 'weak');
    const next = words[at + 1];
    // `echo x | docker login --password-stdin`, `--password-file=<(echo x)`, `sudo -S … <<< x`
    if (piped && next !== undefined && /^(?:.*<\()?(?:echo|printf|<<<)$/.test(word)) {
      const plain = /^["']?-n$|%s/.test(next) ? at + 2 : at + 1;
      hide(plain, 0, 'strong');
    }
    if (/^pass:./.test(word)) hide(at, 5, 'strong');
    // `aws configure set aws_secret_access_key x`, `CONFIG SET requirepass x`
    const set =
      /^(?:setx?|setenv|SETX?|ENV|ARG|-g?x)$/.test(words[at - 1] ?? '') &&
      /^[\w.-]+$/.test(word) &&
      ['strong', 'weak'].includes(judgeName(word));
    if (set && next !== undefined && !/^(?:=|to|for|with)$/i.test(next)) hide(at + 1, 0, 'strong');
    const said = wordOfProtocol(words, at);
    if (said !== undefined) hide(said.word, said.start, 'strong');
    const option = /^(?:--?|\/)(\p{L}[\p{L}\p{N}_.-]*)$/u.exec(word)?.[1];
    if (option !== undefined && option.length > 1 && next !== undefined && !next.startsWith('--')) {
      const kind = judgeName(option);
      if (kind === 'strong' || kind === 'weak' || (kind === 'doubtful' && looksRandom(next))) {
        if (!(next.startsWith('-') && !looksRandom(next))) hide(at + 1, 0, kind);
        continue;
      }
    }
    for (const [, letter, how] of short) {
      if (
        word === `-${letter}` &&
        how !== 'user' &&
        next !== undefined &&
        !next.startsWith('-') &&
        !/^\d{1,5}(?::\d+)?$/.test(next)
      ) {
        hide(at + 1, 0, 'strong');
      } else if (how === 'glued' && word.startsWith(`-${letter}`) && word.length > 2) {
        const known =
          /^-(?:port|path|prefix|print|pretty|progress|protocol|plain|preserve|passin|passout)$/.test(word);
        if (!known && !/^-p\d{1,5}(?::\d+)?$/.test(word)) hide(at, 2, 'strong');
      } else if (how === 'user' && word.startsWith(`-${letter}`) && /^-\w[^:\s]+:\S/.test(word)) {
        hide(at, word.indexOf(':') + 1, 'strong');
      } else continue;
      break;
    }
    // of any program, where it is neither a port, nor a path, nor a word
    if (/^-[pP]$/.test(word) && next !== undefined && /^(?=.*[A-Za-z])(?=.*\d)[^:/.]{10,}$/.test(next))
      hide(at + 1, 0, 'weak');
    const user = /^(?:-U|--user|--proxy-user|-u|-a|--auth|--login)$/.test(word) && next !== undefined;
    if (
      user &&
      parts.at(-1)?.word !== at + 1 &&
      /^[^:/\s%]+[:%]\S/.test(next) &&
      !/^\w+:\d+(?::\d+)?$/.test(next)
    ) {
      hide(at + 1, next.search(word === '-U' ? /[:%]/ : /:/) + 1, 'strong');
    }
  }
  return parts;
}
