import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { needs } from '../parts.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { LEAST, makeTree } from './init/django-project.ts';
import { pycrash } from './pycrash.ts';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

const manage = (command: string): Record<string, string> => ({
  Procfile: `web: gunicorn shop.wsgi\nx: python manage.py ${command}\n`,
});
const code = (text: string): Record<string, string> => ({ 'shop/x.py': `import os\n${text}\n` });

test.each([
  ['graphene', code('import graphene'), 'shop/x.py:2'],
  ['graphene', { 'requirements.txt': 'django\ngraphene-django==3.2\n' }, 'requirements.txt:2'],
  ['strawberry', code('from strawberry.django.views import GraphQLView'), 'shop/x.py:2'],
  ['ariadne', code('from ariadne import QueryType'), 'shop/x.py:2'],
  ['Django Q', manage('qcluster'), 'Procfile:2'],
  ['Django Q', { Procfile: 'web: gunicorn shop.wsgi\nx: django-admin qcluster\n' }, 'Procfile:2'],
  ['django-tasks', { Procfile: 'web: gunicorn shop.wsgi\nx: python -m django db_worker\n' }, 'Procfile:2'],
  ['django-background-tasks', manage('process_tasks'), 'Procfile:2'],
  ['django-tasks', manage('db_worker'), 'Procfile:2'],
  ['APScheduler', manage('runapscheduler'), 'Procfile:2'],
  ['APScheduler', code('from apscheduler.schedulers.background import BackgroundScheduler'), 'shop/x.py:2'],
  ['Huey', manage('run_huey'), 'Procfile:2'],
  ['Flask-Rebar', { 'requirements.txt': 'django\nflask-rebar==3.3\n' }, 'requirements.txt:2'],
  ["Channels' worker", manage('runworker thumbnails'), 'Procfile:2'],
  ['django-dramatiq', manage('rundramatiq'), 'Procfile:2'],
  ["django-ninja's handler of Exception", code('@api.exception_handler(Exception)'), 'shop/x.py:2'],
  ["Flask's handler of Exception", code('@bp.app_errorhandler(Exception)'), 'shop/x.py:2'],
  [
    "the REST framework's EXCEPTION_HANDLER",
    code("REST_FRAMEWORK = {'EXCEPTION_HANDLER': 'shop.x.answer'}"),
    'shop/x.py:2',
  ],
])('%s in %j is named by init and by check', async (name, files: Record<string, string>, place) => {
  const root = makeTree({ ...LEAST, ...files });
  trees.push(root);
  const { stderr } = await pycrash(['init', '--yes'], { cwd: root });
  expect(stderr).toContain(`note: ${place}: ${name} `);
  expect(stderr).toContain('paste `from shop.abort_on_exception import handle`, and `handle(error)` ');
  const { stdout } = await pycrash(['check'], { cwd: root });
  const finding = stdout
    .split('\n')
    .find((line) => line.startsWith(`${place}:`) && line.includes('[PYC061]'));
  expect(finding).toContain(name);
  // a handler of the REST framework may well answer only what it should
  expect(finding).toContain(name.endsWith('EXCEPTION_HANDLER') ? ' info ' : ' warning ');
  expect(stdout).toContain('help: paste `from shop.abort_on_exception import handle`, and `handle(error)` ');
});

test.each([
  code("REST_FRAMEWORK = {'EXCEPTION_HANDLER': 'rest_framework.views.exception_handler'}"),
  code('@app.errorhandler(404)'),
  code('@api.exception_handler(ShopError)'),
  code('import graphene\nfrom shop.abort_on_exception import handle\nhandle(error)'),
  { ...manage('qcluster'), ...code('from shop.abort_on_exception import handle\nhandle(error)') },
  { ...manage('migrate'), 'tests/test_x.py': 'import graphene\n' },
])('%j is no blind spot', async (files) => {
  const root = makeTree({ ...LEAST, ...files });
  trees.push(root);
  expect((await pycrash(['init', '--yes', '--force'], { cwd: root })).stderr).not.toContain('handle(error)');
  expect((await pycrash(['check'], { cwd: root })).stdout).not.toContain('PYC061');
});

const DJANGO = `
import django
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"], REST_FRAMEWORK={"EXCEPTION_HANDLER": "__main__.answer"},
  MIDDLEWARE=[], INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"], DATABASES={})
django.setup()
from django.test import Client
`;
const HANDLE = 'handle(error)';

/** Runners of jobs below Django, in one environment. */
const QUEUES = [
  'channels',
  'django-dramatiq',
  'django-q2',
  'django-tasks',
  'django-tasks-db',
  'django==5.2.*',
  'django4-background-tasks',
];
const queued = (application: string): string => `
import os, threading, types
settings = types.ModuleType("settings_of_x")
settings.SECRET_KEY, settings.USE_TZ, settings.DEFAULT_AUTO_FIELD = "x", True, "django.db.models.AutoField"
settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
settings.INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", ${application}]
settings.Q_CLUSTER = {"name": "x", "workers": 1, "orm": "default", "timeout": 20, "retry": 60, "poll": 0.1}
settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
settings.ASGI_APPLICATION = "x.application"
settings.DRAMATIQ_BROKER = {"BROKER": "dramatiq.brokers.stub.StubBroker", "OPTIONS": {}, "MIDDLEWARE": ["x.AbortOnError"]}
sys.modules["settings_of_x"] = settings
os.environ["DJANGO_SETTINGS_MODULE"] = "settings_of_x"
`;
const FAILING = `
    try:
        raise eval(sys.argv[1])
    except Exception as error:
        ${HANDLE}
        raise
`;
const SET_UP = `
if __name__ == "__main__":
    import django; django.setup()
    from django.core.management import call_command
    import x
`;

/** A program for each library that runs its own code, with `handle(error)` where it is advised; argv[1] is what is raised. */
const PROGRAMS: Record<
  string,
  { requirements: string[]; handled?: string; isChild?: true; program: string }
> = {
  'Django Q': {
    requirements: QUEUES,
    isChild: true,
    program: `${queued('"django_q"')}
def task():${FAILING}${SET_UP}
    call_command("migrate", verbosity=0)
    from django_q.tasks import async_task
    async_task("x.task")
    call_command("qcluster", run_once=True)
`,
  },
  'django-tasks': {
    requirements: QUEUES,
    program: `${queued('"django_tasks", "django_tasks_db"')}
def add_task():
    from django_tasks import task
    globals()["failing"] = task()(failing)
def failing():${FAILING}${SET_UP}
    x.add_task()
    call_command("migrate", verbosity=0)
    x.failing.enqueue()
    call_command("db_worker", batch=True, interval=0.1)
`,
  },
  'django-background-tasks': {
    requirements: QUEUES,
    program: `${queued('"background_task"')}
def failing():${FAILING}${SET_UP}
    from background_task import background
    call_command("migrate", verbosity=0)
    background()(x.failing)()
    call_command("process_tasks", duration=1, sleep=0.3)
`,
  },
  "Channels' worker": {
    requirements: QUEUES,
    program: `${queued('"channels"')}
from channels.consumer import SyncConsumer
from channels.routing import ChannelNameRouter, ProtocolTypeRouter
def work():${FAILING}
class Thumbnails(SyncConsumer):
    def make(self, message):
        try:
            work()
        finally:
            # the worker goes on for ever
            threading.Timer(1, os._exit, [0]).start()
application = ProtocolTypeRouter({"channel": ChannelNameRouter({"thumbnails": Thumbnails.as_asgi()})})
${SET_UP}
    from asgiref.sync import async_to_sync
    from channels.layers import get_channel_layer
    async_to_sync(get_channel_layer().send)("thumbnails", {"type": "make"})
    call_command("runworker", "thumbnails")
`,
  },
  'django-dramatiq': {
    requirements: QUEUES,
    program: `${queued('"django_dramatiq"')}
import dramatiq
class AbortOnError(dramatiq.Middleware):
    def after_process_message(self, broker, message, *, result=None, exception=None):
        if exception is not None:
            error = exception
            ${HANDLE}
def failing(): raise eval(sys.argv[1])
${SET_UP}
    actor = dramatiq.actor(failing)
    broker = dramatiq.get_broker()
    worker = dramatiq.Worker(broker, worker_timeout=100)
    worker.start()
    actor.send()
    broker.join("default", fail_fast=False, timeout=60_000)
    worker.stop()
`,
  },
  graphene: {
    requirements: ['graphene'],
    handled: 'GraphQLError("no")',
    program: `
import graphene
from graphql import GraphQLError
class Query(graphene.ObjectType):
    price = graphene.Int()
    def resolve_price(root, info): raise eval(sys.argv[1])
def abort_on_error(next, root, info, **arguments):
    try:
        return next(root, info, **arguments)
    except GraphQLError:
        raise
    except Exception as error:
        ${HANDLE}
        raise
print(graphene.Schema(query=Query).execute("{ price }", middleware=[abort_on_error]).errors)
`,
  },
  strawberry: {
    requirements: ['strawberry-graphql'],
    handled: 'GraphQLError("no")',
    program: `
import strawberry
from graphql import GraphQLError
@strawberry.type
class Query:
    @strawberry.field
    def price(self) -> int: raise eval(sys.argv[1])
class Schema(strawberry.Schema):
    def process_errors(self, errors, execution_context=None):
        super().process_errors(errors, execution_context)
        for each in errors:
            error = each.original_error
            if not isinstance(error, (GraphQLError, type(None))):
                ${HANDLE}
print(Schema(Query).execute_sync("{ price }").errors)
`,
  },
  ariadne: {
    requirements: ['ariadne'],
    handled: 'GraphQLError("no")',
    program: `
from ariadne import QueryType, format_error, graphql_sync, make_executable_schema
from graphql import GraphQLError
query = QueryType()
@query.field("price")
def price(*_): raise eval(sys.argv[1])
def formatter(each, debug=False):
    error = each.original_error
    if not isinstance(error, (GraphQLError, type(None))):
        ${HANDLE}
    return format_error(each, debug)
schema = make_executable_schema("type Query { price: Int }", query)
print(graphql_sync(schema, {"query": "{ price }"}, error_formatter=formatter))
`,
  },
  APScheduler: {
    requirements: ['apscheduler'],
    program: `
import time
from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
def job(): raise eval(sys.argv[1])
def listener(event):
    error = event.exception
    ${HANDLE}
scheduler.add_listener(listener, EVENT_JOB_ERROR)
scheduler.add_job(job)
scheduler.start()
time.sleep(1)
`,
  },
  Huey: {
    requirements: ['huey'],
    program: `
from huey import MemoryHuey
from huey.signals import SIGNAL_ERROR
huey = MemoryHuey()
@huey.task()
def failing(): raise eval(sys.argv[1])
@huey.signal(SIGNAL_ERROR)
def failed(signal, task, error=None):
    ${HANDLE}
failing()
huey.execute(huey.dequeue())
`,
  },
  'Flask-Rebar': {
    requirements: ['flask-rebar', 'setuptools<80'],
    handled: 'errors.NotFound()',
    program: `
from flask import Flask
from flask_rebar import Rebar, errors
app, rebar = Flask("x"), Rebar()
registry = rebar.create_handler_registry()
@registry.handles(rule="/")
def index(): raise eval(sys.argv[1])
def failed(error):
    ${HANDLE}
rebar.add_uncaught_exception_handler(failed)
rebar.init_app(app)
print(app.test_client().get("/").status_code)
`,
  },
  Flask: {
    requirements: ['flask'],
    handled: 'NotFound()',
    program: `
from flask import Flask
from werkzeug.exceptions import HTTPException, NotFound
app = Flask("x")
@app.route("/")
def index(): raise eval(sys.argv[1])
@app.errorhandler(Exception)
def answer(error):
    if isinstance(error, HTTPException):
        return error
    ${HANDLE}
    return "sorry", 500
print(app.test_client().get("/").status_code)
`,
  },
  'django-ninja': {
    requirements: ['django-ninja', 'djangorestframework', 'django==5.2.*'],
    program: `${DJANGO}
from ninja import NinjaAPI
from django.urls import path
api = NinjaAPI()
@api.get("/")
def index(request): raise eval(sys.argv[1])
@api.exception_handler(Exception)
def answer(request, error):
    ${HANDLE}
    return api.create_response(request, {}, status=500)
urlpatterns = [path("", api.urls)]
print(Client().get("/").status_code)
`,
  },
  'REST framework': {
    requirements: ['django-ninja', 'djangorestframework', 'django==5.2.*'],
    handled: '__import__("rest_framework.exceptions").exceptions.NotFound()',
    program: `${DJANGO}
from django.urls import path
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.response import Response
from rest_framework.views import exception_handler
@api_view()
@authentication_classes([])
@permission_classes([])
def index(request): raise eval(sys.argv[1])
def answer(error, context):
    response = exception_handler(error, context)
    if response is None:
        ${HANDLE}
        response = Response({}, status=500)
    return response
urlpatterns = [path("", index)]
print(Client().get("/").status_code)
`,
  },
};

describe.each(Object.entries(PROGRAMS))('%s', (_name, { requirements, program, handled, isChild }) => {
  beforeAll(() => void pythonEnvironment('3.12', requirements), 600_000);

  function outcome(text: string, raised: string): { signal: string | null; stderr: string; cores: number } {
    const folder = mkdtempSync(join(tmpdir(), 'pycrash-blind-'));
    trees.push(folder);
    writeFileSync(join(folder, 'abort_on_exception.py'), renderGeneratedModule({ framework: 'script' }));
    writeFileSync(join(folder, 'x.py'), `import sys\nfrom abort_on_exception import handle\n${text}`);
    const [command, ...words] = pythonEnvironment('3.12', requirements).command('python', ['x.py', raised]);
    // the core is there to be seen, not to be read
    const script = 'echo 0 > /proc/self/coredump_filter; ulimit -c unlimited; exec "$@"';
    const { signal, stderr } = spawnSync('sh', ['-c', script, 'sh', command, ...words], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(folder, 'budget') },
    });
    return { signal, stderr, cores: readdirSync(folder).filter((name) => name.startsWith('core')).length };
  }

  test('it answers a bug itself; with what is advised that aborts', (context) => {
    needs(context, 'linux', 'plain core pattern');
    const bug = 'KeyError("coffee")';
    const before = outcome(program.replace(HANDLE, 'pass'), bug);
    expect(before.signal, before.stderr).toBe(null);
    const after = outcome(program, bug);
    expect(after.signal, after.stderr).toBe(isChild === true ? null : 'SIGABRT');
    expect([before.cores, after.cores], after.stderr).toEqual([0, 1]);
    expect(after.stderr).toContain('"exception": "builtins.KeyError"');
  });

  test.each(handled === undefined ? [] : [handled])(
    'what the code raises as an answer does not: %s',
    (raised) => {
      const { signal, stderr } = outcome(program, raised);
      expect(signal, stderr).toBe(null);
    },
  );
});
