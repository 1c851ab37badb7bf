import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';
import type { Header, Surface } from '../../src/crashtest/hostile-client/connection.ts';
import { pycrash } from '../e2e/pycrash.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Replaces what the pattern matches in a file of the copy. */
type Edit = readonly [file: string, pattern: RegExp, by: string];

/** An example, with the endpoints of `endpoints/` in it, as it is served. */
export interface Hosted {
  /** A folder of examples. */
  readonly example: string;
  /** Files of `endpoints/`, and where they go. */
  readonly files: readonly (readonly [from: string, to: string])[];
  readonly edits: readonly Edit[];
  /** The statement that makes `application` in a module of its own, after `init`; by protocol. */
  readonly wsgi?: string;
  readonly asgi?: string;
  /** The words of a program of the repository that is its own server. */
  readonly own?: readonly string[];
  readonly surface: Surface;
  /** Pages that only ASGI serves well: under WSGI Django runs their coroutines to the end, which gevent cannot have. */
  readonly asgiPages?: readonly string[];
  /** Answers 200. */
  readonly healthy: string;
  /** Runs into a bug. */
  readonly bug: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What has to run once before it can be served. */
  readonly prepare?: readonly string[];
}

const LOCAL: Header = ['Host', '127.0.0.1'];
const SHOP = ['/', '/orders/1/', '/orders/9/', '/missing'];

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** The `surface` of a shop, by the names of its board's pages and websockets. */
function board(names: string, websockets = '', more: readonly string[] = SHOP): Surface {
  return {
    headers: [LOCAL],
    pages: [...more, ...words(names).map((name) => `/board/${name}/`)],
    websockets: words(websockets).map((name) => `/board/ws/${name}/`),
  };
}

const DJANGO_PAGES =
  'json form upload read protected query stream slow background number/7 uuid/00000000-0000-4000-8000-000000000000';
const DJANGO_MORE = ['/', '/admin/', '/admin/login/', '/missing'];
const DJANGO_URLS = '\nfrom $PACKAGE import board\n\nurlpatterns = board.urlpatterns + urlpatterns\n';

function django(example: string, name: string, more: readonly string[]): Hosted {
  return {
    example,
    files: [['django_board.py', `${name}/board.py`]],
    edits: [[`${name}/urls.py`, /$(?![^])/g, DJANGO_URLS.replace('$PACKAGE', name)]],
    wsgi: `from ${name}.wsgi import application`,
    asgi: `from ${name}.asgi import application`,
    surface: board(DJANGO_PAGES, '', more),
    asgiPages: ['/board/stream-async/', '/board/slow-async/'],
    healthy: '/admin/login/',
    bug: '/board/bug/',
    prepare: ['manage.py', 'migrate', '-v0'],
  };
}

const MINIMAL: Hosted = (() => {
  const minimal = django('django-minimal', 'mysite', DJANGO_MORE);
  const production: Edit[] = [
    ['mysite/settings.py', /DEBUG = True/g, 'DEBUG = False'],
    ['mysite/settings.py', /ALLOWED_HOSTS = \[\]/g, "ALLOWED_HOSTS = ['127.0.0.1']"],
  ];
  return { ...minimal, edits: [...minimal.edits, ...production] };
})();

const SHOP_ON_DJANGO: Hosted = (() => {
  const more = [
    '/',
    '/healthz/',
    '/api/products/',
    '/api/orders/',
    '/cart/add/tea/',
    '/orders/checkout/',
    '/products/tea/',
    '/admin/login/',
  ];
  const shop = django('django-shop', 'shop', more);
  const headers: Header[] = [
    ['Host', 'shop.example.com'],
    ['X-Forwarded-Proto', 'https'],
  ];
  return {
    ...shop,
    surface: { ...shop.surface, headers },
    healthy: '/healthz/',
    environment: {
      DJANGO_SECRET_KEY: 'of-the-test',
      DJANGO_DATABASE: 'db.sqlite3',
      DJANGO_SETTINGS_MODULE: 'shop.settings.production',
    },
  };
})();

const { wsgi: _, ...CHANNELS_BASE } = MINIMAL;

/** By the name that `--example` takes. */
export const HOSTED: Readonly<Record<string, Hosted>> = {
  'django-minimal': MINIMAL,
  'django-shop': SHOP_ON_DJANGO,
  'django-channels': {
    ...CHANNELS_BASE,
    files: [...MINIMAL.files, ['channels_board.py', 'mysite/consumers.py']],
    edits: [
      ...MINIMAL.edits,
      [
        'mysite/asgi.py',
        /^application = get_asgi_application\(\)$/gm,
        'django = get_asgi_application()\n\nfrom mysite.consumers import with_websockets\n\napplication = with_websockets(django)',
      ],
    ],
    surface: {
      ...MINIMAL.surface,
      websockets: board('', 'echo json json-async push late refusing').websockets,
    },
  },
  'flask-shop': {
    example: 'flask-shop',
    files: [['flask_board.py', 'shop/board.py']],
    edits: [
      ['shop/__init__.py', /^from shop\.orders/gm, 'from shop.board import board\n$&'],
      [
        'shop/__init__.py',
        /^( +)app\.register_blueprint\(orders\)$/gm,
        '$&\n$1app.register_blueprint(board)',
      ],
    ],
    wsgi: 'from shop import create_app\n\napplication = create_app()',
    surface: board('json get-json form upload read query stream slow background number/7 float/1.5'),
    healthy: '/',
    bug: '/orders/2/',
  },
  'fastapi-shop': {
    example: 'fastapi-shop',
    files: [['starlette_board.py', 'shop/board.py']],
    edits: [
      ['shop/main.py', /^from shop\.orders/gm, 'from shop.board import add_board\n$&'],
      ['shop/main.py', /^app\.include_router.*$/gm, '$&\nadd_board(app)'],
    ],
    asgi: 'from shop.main import app as application',
    surface: board(
      'json loads model form any-form upload read query stream stream-sync slow waits background number/7 static',
      'echo json loads bytes push finally two gather token',
    ),
    healthy: '/',
    bug: '/orders/2/',
  },
  'litestar-shop': {
    example: 'litestar-shop',
    files: [['litestar_board.py', 'shop/board.py']],
    edits: [
      ['shop/main.py', /^from shop\.pricing/gm, 'from shop.board import HANDLERS\n$&'],
      ['shop/main.py', /\[index, order\]/g, '[index, order, *HANDLERS]'],
    ],
    asgi: 'from shop.main import app as application',
    surface: board('json loads model form upload query stream slow number/7', 'echo json push listener'),
    healthy: '/',
    bug: '/orders/2/',
  },
  'falcon-shop': {
    example: 'falcon-shop',
    files: [['falcon_board.py', 'shop/board.py']],
    edits: [
      ['shop/app.py', /^from shop\.orders/gm, 'from shop.board import add_board\n$&'],
      ['shop/app.py', /^( +)return app$/gm, '$1add_board(app)\n$&'],
    ],
    wsgi: 'from shop.app import create_app\n\napplication = create_app()',
    surface: board('json media query read stream slow number/7'),
    healthy: '/',
    bug: '/orders/2/',
  },
  'bottle-shop': {
    example: 'bottle-shop',
    files: [['bottle_board.py', 'shop/board.py']],
    edits: [['shop/web.py', /^from shop\.pricing/gm, 'import shop.board\n$&']],
    wsgi: 'from shop.web import application',
    surface: board('json get-json form upload read query stream slow number/7'),
    healthy: '/',
    bug: '/orders/2/',
  },
  'pyramid-shop': {
    example: 'pyramid-shop',
    files: [['pyramid_board.py', 'shop/board.py']],
    edits: [
      ['shop/__init__.py', /^( +)config\.scan\(\)$/gm, '$1config.include("shop.board.add_routes")\n$&'],
    ],
    wsgi: 'from shop import main\n\napplication = main({})',
    surface: board('json loads form upload query stream slow'),
    healthy: '/',
    bug: '/orders/2/',
  },
  'wsgi-shop': {
    example: 'wsgi-shop',
    files: [['plain_board.py', 'shop/board.py']],
    edits: [
      ['shop/wsgi.py', /^from shop\.pricing/gm, 'from shop import board\n$&'],
      [
        'shop/wsgi.py',
        /^( +)status, answer = self\.answer/gm,
        '$1if environ["PATH_INFO"].startswith("/board/"):\n$1    return board.wsgi(environ, start_response)\n$&',
      ],
      ['shop/events.py', /^from shop\.pricing/gm, 'from shop import board\n$&'],
      [
        'shop/events.py',
        /^( +)if scope\["type"\] != "http":$/gm,
        '$1if scope.get("path", "").startswith("/board/"):\n$1    return await board.asgi(scope, receive, send)\n$&',
      ],
    ],
    wsgi: 'from shop.wsgi import application',
    asgi: 'from shop.events import app as application',
    surface: board('json form query stream', 'json'),
    healthy: '/',
    bug: '/orders/2/',
  },
  'aiohttp-shop': {
    example: 'aiohttp-shop',
    files: [['aiohttp_board.py', 'shop/board.py']],
    edits: [
      ['shop/web.py', /^from shop\.pricing/gm, 'from shop.board import board\n$&'],
      ['shop/web.py', /^( +)app\.add_routes\(routes\)$/gm, '$&\n$1app.add_routes(board)'],
    ],
    own: ['-m', 'shop.web'],
    surface: board('json loads form upload text query stream slow', 'echo json loads push'),
    healthy: '/',
    bug: '/orders/2/',
  },
  'tornado-shop': {
    example: 'tornado-shop',
    files: [['tornado_board.py', 'shop/board.py']],
    edits: [
      ['shop/server.py', /^from shop\.pricing/gm, 'from shop.board import HANDLERS\n$&'],
      ['shop/server.py', /^( +)\(r"\/", IndexHandler\),$/gm, '$&\n$1*HANDLERS,'],
    ],
    own: ['-m', 'shop.server'],
    surface: board('json decoded form upload query stream slow', 'echo json push'),
    healthy: '/',
    bug: '/orders/2/',
  },
};

/** A copy of the example with its endpoints, as `pycrash-init` leaves it. */
export class HostedCopy {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'hostile-client-'));
  readonly root: string;

  private constructor({ example }: Hosted) {
    this.root = join(this.folder, example);
    cpSync(here(`../../examples/${example}`), this.root, { recursive: true });
  }

  /** `python` is the interpreter that prepares it. */
  static async make(hosted: Hosted, python: string): Promise<HostedCopy> {
    const copy = new HostedCopy(hosted);
    for (const [from, to] of hosted.files) cpSync(here(`endpoints/${from}`), join(copy.root, to));
    for (const [file, pattern, by] of hosted.edits) copy.#replace(file, pattern, by);
    const { exitCode, stderr } = await pycrash(['--yes', '--force', copy.root], { bin: 'pycrash-init' });
    if (exitCode !== 0) throw new Error(stderr);
    if (hosted.wsgi !== undefined) writeFileSync(join(copy.root, 'hosted_wsgi.py'), `${hosted.wsgi}\n`);
    if (hosted.asgi !== undefined) writeFileSync(join(copy.root, 'hosted_asgi.py'), `${hosted.asgi}\n`);
    if (hosted.prepare !== undefined) {
      const env = { ...process.env, ...hosted.environment };
      execFileSync(python, hosted.prepare, { cwd: copy.root, env, stdio: ['ignore', 'ignore', 'inherit'] });
    }
    return copy;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #replace(file: string, pattern: RegExp, by: string): void {
    const path = join(this.root, file);
    const before = readFileSync(path, 'utf8');
    const after = before.replaceAll(pattern, by);
    if (after === before) throw new Error(`${file} has no ${pattern}`);
    writeFileSync(path, after);
  }
}
