import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
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
  ['django-background-tasks', manage('process_tasks'), 'Procfile:2'],
  ['django-tasks', manage('db_worker'), 'Procfile:2'],
  ['APScheduler', manage('runapscheduler'), 'Procfile:2'],
  ['APScheduler', code('from apscheduler.schedulers.background import BackgroundScheduler'), 'shop/x.py:2'],
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
  expect(stderr).toContain('from shop.abort_on_exception import handle; handle(error)');
  const { stdout } = await pycrash(['check'], { cwd: root });
  const finding = stdout
    .split('\n')
    .find((line) => line.startsWith(`${place}:`) && line.includes('[PYC061]'));
  expect(finding).toContain(name);
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
  await pycrash(['init', '--yes', '--force'], { cwd: root });
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

/** A program for each library that runs its own code, with `handle(error)` where it is advised; argv[1] is what is raised. */
const PROGRAMS: Record<string, { requirements: string[]; handled?: string; program: string }> = {
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

describe.each(Object.entries(PROGRAMS))('%s', (_name, { requirements, program, handled }) => {
  function outcome(text: string, raised: string): { signal: NodeJS.Signals | null; stderr: string } {
    const folder = mkdtempSync(join(tmpdir(), 'pycrash-blind-'));
    trees.push(folder);
    writeFileSync(join(folder, 'abort_on_exception.py'), renderGeneratedModule({ framework: 'script' }));
    writeFileSync(join(folder, 'x.py'), `import sys\nfrom abort_on_exception import handle\n${text}`);
    const [command, ...words] = pythonEnvironment('3.12', requirements).command('python', ['x.py', raised]);
    return spawnSync('sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', command, ...words], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: folder },
    });
  }

  test('it answers a bug itself; with what is advised that aborts', () => {
    const bug = 'KeyError("coffee")';
    const before = outcome(program.replace(HANDLE, 'pass'), bug);
    expect(before.signal, before.stderr).toBe(null);
    const after = outcome(program, bug);
    expect(after.signal, after.stderr).toBe('SIGABRT');
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
