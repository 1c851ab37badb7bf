import type { renderGeneratedModule } from '../../../src/project/generated-module.ts';
import type { PythonVersion } from '../../python-environment.ts';
import { PACKAGES } from '../servers.ts';

/** A framework of one version under a server of one version. */
export interface Pair {
  readonly framework: keyof typeof SERVICES;
  readonly python: PythonVersion;
  /** The framework and the server, as the table shows them. */
  readonly shown: readonly [framework: string, server: string];
  readonly requirements: readonly string[];
  /** PORT and the interface's name are filled in. */
  readonly line: string;
}

export const SERVICES = {
  Django: { module: 'service_django', files: ['service_django.py'], generated: { framework: 'django' } },
  Channels: {
    module: 'service_channels',
    files: ['service_django.py', 'service_channels.py'],
    generated: { framework: 'django' },
  },
  Starlette: {
    module: 'service_starlette',
    files: ['service_starlette.py'],
    generated: { framework: 'starlette', wsgi: false, calls: ['watch_starlette'] },
  },
  Flask: {
    module: 'service_flask',
    files: ['service_flask.py'],
    generated: { framework: 'flask', asgi: false, calls: ['watch_flask'] },
  },
} as const satisfies Record<
  string,
  { module: string; files: readonly string[]; generated: Parameters<typeof renderGeneratedModule>[0] }
>;

const GUNICORN = 'gunicorn -b 127.0.0.1:PORT MODULE:wsgi';
const UVICORN = 'uvicorn --port PORT MODULE:asgi';
const DAPHNE = 'daphne -b 127.0.0.1 -p PORT MODULE:asgi';
const HYPERCORN = 'hypercorn -b 127.0.0.1:PORT MODULE:asgi';
const GRANIAN = 'granian --interface asgi --respawn-failed-workers --port PORT MODULE:asgi';

/** Both of today, in the environment of the fuzz. */
function today(framework: Pair['framework'], name: string, server: string, line: string): Pair {
  return { framework, python: '3.11', shown: [name, server], requirements: PACKAGES, line };
}

function old(
  framework: Pair['framework'],
  python: PythonVersion,
  requirements: readonly [string, string, ...string[]],
  line: string,
): Pair {
  return { framework, python, shown: [requirements[0], requirements[1]], requirements, line };
}

const UWSGI = 'pyuwsgi --master --enable-threads --http-socket 127.0.0.1:PORT -w MODULE:wsgi';
const WAITRESS = 'waitress-serve --listen=127.0.0.1:PORT MODULE:wsgi';
const [DJANGO, FLASK, CHANNELS] = ['Django==5.2.19', 'Flask==3.1.3', 'channels==4.3.2'];
const STARLETTE = 'Starlette of fastapi==0.165.0';
// without the first two, pip tries every version that there ever was
const WITH_CHANNELS_3 = ['autobahn==22.7.1', 'Twisted==22.10.0', 'Django==3.2.25', 'websockets==10.4'];
const WITH_STARLETTE = ['wsproto', 'python-multipart<0.0.13'];

/** The oldest and the newest of each, and what was installed together in between. */
export const PAIRS: readonly Pair[] = [
  old('Django', '3.8', ['Django==3.2.25', 'gunicorn==20.1.0', 'setuptools<80'], GUNICORN),
  old('Django', '3.8', ['Django==3.2.25', 'uvicorn==0.17.6', 'websockets==10.4'], UVICORN),
  old('Django', '3.8', ['Django==3.2.25', 'pyuwsgi==2.0.20'], UWSGI),
  old('Django', '3.8', ['Django==3.2.25', 'waitress==2.0.0'], WAITRESS),
  old('Django', '3.8', ['Django==3.2.25', 'hypercorn==0.13.2'], HYPERCORN),
  old('Django', '3.8', ['Django==3.2.25', 'granian==1.2.3'], GRANIAN),
  old('Django', '3.10', ['Django==4.2.16', 'gunicorn==21.2.0'], GUNICORN),
  old('Django', '3.10', ['Django==4.2.16', 'daphne==4.0.0'], DAPHNE),
  today('Django', DJANGO, 'gunicorn==27.0.1', GUNICORN),
  today('Django', DJANGO, 'waitress==3.0.2', WAITRESS),
  today('Django', DJANGO, 'uvicorn==0.54.0', UVICORN),
  today('Django', DJANGO, 'daphne==4.2.3', DAPHNE),
  today('Django', DJANGO, 'hypercorn==0.18.0', HYPERCORN),
  today('Django', DJANGO, 'granian==2.8.9', GRANIAN),
  today('Django', DJANGO, 'pyuwsgi==2.0.30.post1', UWSGI),
  old('Django', '3.13', ['Django==6.1.*', 'gunicorn==27.0.1'], GUNICORN),
  old('Django', '3.13', ['Django==6.1.*', 'uvicorn==0.54.0', 'websockets==17.4'], UVICORN),
  old('Channels', '3.8', ['channels==3.0.5', 'daphne==3.0.2', 'uvicorn==0.17.6', ...WITH_CHANNELS_3], DAPHNE),
  old(
    'Channels',
    '3.8',
    ['channels==3.0.5', 'uvicorn==0.17.6', 'daphne==3.0.2', ...WITH_CHANNELS_3],
    UVICORN,
  ),
  old('Channels', '3.10', ['channels==4.0.0', 'daphne==4.0.0', 'Django==4.2.16', 'autobahn==23.6.2'], DAPHNE),
  today('Channels', CHANNELS, 'daphne==4.2.3', DAPHNE),
  today('Channels', CHANNELS, 'uvicorn==0.54.0', UVICORN),
  old(
    'Starlette',
    '3.8',
    ['starlette==0.20.*', 'uvicorn==0.18.*', 'websockets==10.*', ...WITH_STARLETTE],
    UVICORN,
  ),
  old(
    'Starlette',
    '3.11',
    ['starlette==0.36.*', 'uvicorn==0.27.*', 'websockets==12.*', ...WITH_STARLETTE],
    UVICORN,
  ),
  today('Starlette', STARLETTE, 'uvicorn==0.54.0', UVICORN),
  today('Starlette', STARLETTE, 'hypercorn==0.18.0', HYPERCORN),
  today('Starlette', STARLETTE, 'granian==2.8.9', GRANIAN),
  today('Starlette', STARLETTE, 'daphne==4.2.3', DAPHNE),
  old('Flask', '3.8', ['Flask==2.0.3', 'gunicorn==20.1.0', 'Werkzeug==2.0.3', 'setuptools<80'], GUNICORN),
  old('Flask', '3.8', ['Flask==2.0.3', 'pyuwsgi==2.0.20', 'Werkzeug==2.0.3'], UWSGI),
  old('Flask', '3.10', ['Flask==2.3.3', 'waitress==2.1.2'], WAITRESS),
  today('Flask', FLASK, 'gunicorn==27.0.1', GUNICORN),
  today('Flask', FLASK, 'waitress==3.0.2', WAITRESS),
  today('Flask', FLASK, 'pyuwsgi==2.0.30.post1', UWSGI),
];
