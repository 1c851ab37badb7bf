import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { needs } from '../parts.ts';
import { Example } from './verify/example.ts';

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

// more than a minute on a busy machine
const TIMEOUT = 300_000;

interface BlindProject {
  example: 'django-minimal' | 'fastapi-shop' | 'flask-shop';
  packages: string[];
  /** The lines that end in `# paste` are what check and verify advise. */
  files: Record<string, string>;
  edits: readonly (readonly [file: string, what: RegExp, by: string])[];
  /** What the step says while nothing is pasted; absent where only what is pasted is run. */
  says?: RegExp;
  /** Is what is pasted run, too? */
  pasted: boolean;
}

const PRODUCTION = [
  ['mysite/settings.py', /DEBUG = True/g, 'DEBUG = False'],
  ['mysite/settings.py', /ALLOWED_HOSTS = \[\]/g, "ALLOWED_HOSTS = ['*']"],
] as const;

const STRAWBERRY = `
import strawberry
from graphql import GraphQLError
from PACKAGE.abort_on_exception import handle  # paste


@strawberry.type
class Query:
    price: int = 3


class Schema(strawberry.Schema):
    def process_errors(self, errors, execution_context=None):
        for each in errors:
            error = each.original_error
            if error is not None and not isinstance(error, GraphQLError):
                handle(error)  # paste
        super().process_errors(errors, execution_context)


schema = Schema(Query)
`;

const ARIADNE = `
from ariadne import QueryType, format_error, make_executable_schema
from graphql import GraphQLError
from PACKAGE.abort_on_exception import handle  # paste

query = QueryType()
query.set_field("price", lambda *_: 3)
schema = make_executable_schema("type Query { price: Int }", query)


def formatter(each, debug=False):
    error = each.original_error
    if error is not None and not isinstance(error, GraphQLError):
        handle(error)  # paste
    return format_error(each, debug)
`;

const PROJECTS: Record<string, BlindProject> = {
  'graphene-django, below an include': {
    example: 'django-minimal',
    packages: ['graphene-django'],
    files: {
      'mysite/schema.py': `
import graphene
from graphql import GraphQLError
from mysite.abort_on_exception import handle  # paste


class Query(graphene.ObjectType):
    price = graphene.Int()


def abort_on_error(next, root, info, **arguments):
    try:
        return next(root, info, **arguments)
    except GraphQLError:
        raise
    except Exception as error:
        handle(error)  # paste
        raise


schema = graphene.Schema(query=Query)
`,
      'mysite/api.py':
        'from django.urls import path\nfrom graphene_django.views import GraphQLView\n\nfrom mysite.schema import schema\n\nurlpatterns = [path("graphql/shop", GraphQLView.as_view(schema=schema))]\n',
    },
    edits: [
      ...PRODUCTION,
      ['mysite/settings.py', /$(?![^])/g, "\nGRAPHENE = {'MIDDLEWARE': ['mysite.schema.abort_on_error']}\n"],
      ['mysite/urls.py', /import path/g, 'import include, path'],
      ['mysite/urls.py', /urlpatterns = \[/g, '$&\n    path("api/v1/", include("mysite.api")),'],
    ],
    says: /^graphene answers .*: an exception at \/api\/v1\/graphql\/shop was answered with 200.*from mysite\.abort_on_exception import handle`, and `handle\(error\)`/,
    pasted: true,
  },
  'strawberry with FastAPI': {
    example: 'fastapi-shop',
    packages: ['strawberry-graphql'],
    files: { 'shop/schema.py': STRAWBERRY.replaceAll('PACKAGE', 'shop') },
    edits: [
      [
        'shop/main.py',
        /^from shop\.orders/gm,
        'from strawberry.fastapi import GraphQLRouter\nfrom shop.schema import schema\n$&',
      ],
      [
        'shop/main.py',
        /^app\.include_router.*$/gm,
        '$&\napp.include_router(GraphQLRouter(schema), prefix="/graphql")',
      ],
    ],
    says: /^strawberry answers .*at \/graphql was answered with 200/,
    pasted: true,
  },
  'strawberry with Django': {
    example: 'django-minimal',
    packages: ['strawberry-graphql'],
    files: { 'mysite/schema.py': STRAWBERRY.replaceAll('PACKAGE', 'mysite') },
    edits: [
      ...PRODUCTION,
      [
        'mysite/urls.py',
        /^urlpatterns = \[/gm,
        'from strawberry.django.views import GraphQLView\nfrom mysite.schema import schema\n\n$&\n    path("graphql/", GraphQLView.as_view(schema=schema)),',
      ],
    ],
    says: /^strawberry answers .*at \/graphql\/ was answered with 200/,
    pasted: false,
  },
  'strawberry with Flask': {
    example: 'flask-shop',
    packages: ['strawberry-graphql'],
    files: { 'shop/schema.py': STRAWBERRY.replaceAll('PACKAGE', 'shop') },
    edits: [
      [
        'shop/__init__.py',
        /^from shop\.orders/gm,
        'from strawberry.flask.views import GraphQLView\nfrom shop.schema import schema\n$&',
      ],
      [
        'shop/__init__.py',
        /^( +)app\.register_blueprint.*$/gm,
        '$&\n$1app.add_url_rule("/graphql", view_func=GraphQLView.as_view("graphql", schema=schema))',
      ],
    ],
    pasted: true,
  },
  'ariadne with FastAPI': {
    example: 'fastapi-shop',
    packages: ['ariadne'],
    files: { 'shop/schema.py': ARIADNE.replaceAll('PACKAGE', 'shop') },
    edits: [
      [
        'shop/main.py',
        /^from shop\.orders/gm,
        'from ariadne.asgi import GraphQL\nfrom shop.schema import formatter, schema\n$&',
      ],
      [
        'shop/main.py',
        /^app\.include_router.*$/gm,
        '$&\napp.mount("/graphql", GraphQL(schema, error_formatter=formatter))',
      ],
    ],
    pasted: true,
  },
  'ariadne with Flask': {
    example: 'flask-shop',
    packages: ['ariadne'],
    files: {
      'shop/schema.py': `${ARIADNE.replaceAll('PACKAGE', 'shop')}

def answer():
    from ariadne import graphql_sync
    from flask import jsonify, request

    success, result = graphql_sync(schema, request.get_json(), error_formatter=formatter)
    return jsonify(result), 200 if success else 400
`,
    },
    edits: [
      ['shop/__init__.py', /^from shop\.orders/gm, 'from shop.schema import answer\n$&'],
      [
        'shop/__init__.py',
        /^( +)app\.register_blueprint.*$/gm,
        '$&\n$1app.add_url_rule("/graphql", view_func=answer, methods=["POST"])',
      ],
    ],
    says: /^ariadne answers .*at \/graphql was answered with 400/,
    pasted: false,
  },
  'handlers of the REST framework and of django-ninja': {
    example: 'django-minimal',
    packages: ['djangorestframework', 'django-ninja'],
    files: {
      'mysite/answers.py': `
from ninja import NinjaAPI
from rest_framework.response import Response
from rest_framework.views import exception_handler
from mysite.abort_on_exception import handle  # paste

REST_FRAMEWORK = {"EXCEPTION_HANDLER": "mysite.answers.answer"}
api = NinjaAPI()


@api.exception_handler(Exception)
def answer_ninja(request, error):
    handle(error)  # paste
    return api.create_response(request, {}, status=500)


def answer(error, context):
    response = exception_handler(error, context)
    if response is None:
        handle(error)  # paste
        response = Response({}, status=500)
    return response
`,
    },
    edits: [
      ...PRODUCTION,
      ['mysite/settings.py', /INSTALLED_APPS = \[/g, "$&\n    'rest_framework',"],
      [
        'mysite/settings.py',
        /$(?![^])/g,
        "\nREST_FRAMEWORK = {'EXCEPTION_HANDLER': 'mysite.answers.answer'}\n",
      ],
      [
        'mysite/urls.py',
        /^urlpatterns = \[/gm,
        'from mysite.answers import api\n\n$&\n    path("api/", api.urls),',
      ],
    ],
    says: /django-ninja's handler of Exception answers .* in each API was answered with 500.*; the REST framework's EXCEPTION_HANDLER may answer .* was answered with 500/,
    pasted: true,
  },
};

const COMMANDS = {
  'django-minimal': 'gunicorn --workers 1 mysite.wsgi',
  'fastapi-shop': 'uvicorn --workers 2 shop.main:app',
  'flask-shop': "gunicorn --workers 1 'shop:create_app()'",
};

function made({ example, packages, files, edits }: BlindProject, paste: boolean): Example {
  const project = new Example(example, '3.12', undefined, packages);
  onTestFinished(() => project.remove());
  write(project, files, paste);
  for (const [file, what, by] of edits) project.replace(file, what, by);
  return project;
}

const ALL = Object.entries(PROJECTS);

beforeAll(() => {
  for (const { example, packages } of Object.values(PROJECTS))
    new Example(example, '3.12', undefined, packages).remove();
});

test.each(ALL.filter(([, { says }]) => says !== undefined))(
  '%s: the step says what to paste',
  { timeout: TIMEOUT },
  async (_name, project) => {
    const blind = made(project, false);
    await blind.init();
    const { steps, detail, outcome } = await blind.verify(['--command', COMMANDS[project.example]]);
    expect(steps, outcome.stderr).toMatchObject({ abort: true, 'blind-spot': false });
    expect(detail('blind-spot')).toMatch(project.says ?? /^$/);
    expect(outcome.exitCode).toBe(1);
  },
);

test.each(ALL.filter(([, { pasted }]) => pasted))(
  '%s: with what is pasted the exception aborts',
  { timeout: TIMEOUT },
  async (_name, project) => {
    const wired = made(project, true);
    await wired.init();
    const { steps, detail, outcome } = await wired.verify(['--command', COMMANDS[project.example]]);
    expect(steps, outcome.stderr).toMatchObject({ abort: true, 'blind-spot': true });
    expect(detail('blind-spot')).toMatch(/aborted its process, and left a core of \d/);
    expect(outcome.exitCode).toBe(0);
  },
);

test('an endpoint behind a login is not known', { timeout: TIMEOUT }, async () => {
  const project = made(PROJECTS['strawberry with Django'] as BlindProject, true);
  project.replace('mysite/urls.py', /GraphQLView\.as_view\(schema=schema\)/g, 'login_required($&)');
  project.replace(
    'mysite/urls.py',
    /^from strawberry/gm,
    'from django.contrib.auth.decorators import login_required\n$&',
  );
  await project.init();
  const { steps, detail, outcome } = await project.verify(['--command', COMMANDS['django-minimal']]);
  expect(steps, outcome.stderr).toMatchObject({ abort: true, 'blind-spot': 'unknown' });
  expect(detail('blind-spot')).toMatch(
    /^strawberry: no GraphQL endpoint answers without a login at .*\/graphql\//,
  );
  expect(outcome.exitCode).toBe(0);
});

const without = (line: string): string =>
  line.includes('import') ? '' : line.replace('handle(error)', 'pass');

/** Without the lines to paste, if they are not to be pasted. */
function write(project: Example, files: Record<string, string>, paste: boolean): void {
  for (const [file, text] of Object.entries(files)) {
    const path = join(project.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, paste ? text : text.replaceAll(/^.* # paste$/gm, without));
  }
}
